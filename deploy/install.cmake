# deploy/install.cmake - installs sample configuration and service unit; run by `cmake --install`.
# SPDX-License-Identifier: Apache-2.0
# `source` is this folder, `bin` the folder of programs below the prefix.
set(prefix "${CMAKE_INSTALL_PREFIX}")
if(prefix STREQUAL "/usr")
    set(etc "/etc")
    set(data "/var/lib")
else()
    set(etc "${prefix}/etc")
    set(data "${prefix}/var/lib")
endif()

# place TEXT FILE: below DESTDIR; the manifest lists it.
function(place text file)
    file(WRITE "$ENV{DESTDIR}${file}" "${text}")
    message(STATUS "Installing: $ENV{DESTDIR}${file}")
    set(CMAKE_INSTALL_MANIFEST_FILES "${CMAKE_INSTALL_MANIFEST_FILES};${file}" PARENT_SCOPE)
endfunction()

function(moved file out)
    file(READ "${file}" text)
    string(REPLACE "/usr/bin/drf-edge" "${prefix}/${bin}/drf-edge" text "${text}")
    string(REPLACE "/etc/drf-edge" "${etc}/drf-edge" text "${text}")
    string(REPLACE "/var/lib/drf-edge" "${data}/drf-edge" text "${text}")
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

moved("${source}/drf-edge.yaml" text)
set(file "${etc}/drf-edge/drf-edge.yaml")
if(EXISTS "$ENV{DESTDIR}${file}")
    message(STATUS "Kept: $ENV{DESTDIR}${file}")
else()
    place("${text}" "${file}")
endif()
if(EXISTS "${source}/systemd/drf-edge.service")
    moved("${source}/systemd/drf-edge.service" text)
    place("${text}" "${prefix}/lib/systemd/system/drf-edge.service")
endif()
