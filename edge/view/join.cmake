# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=view.js "-DFILES=a.js;b.js" -P join.cmake: the files of the page in one function of its own, without lines
# that are only a comment, and without what lines begin with blank.
set(text "(() => {\n'use strict';\n")
foreach(file IN LISTS FILES)
    file(READ ${file} part)
    string(REGEX REPLACE "(^|\n)[ \t]+" "\\1" part "${part}")
    string(REGEX REPLACE "(^|\n)//[^\n]*" "\\1" part "${part}")
    string(REGEX REPLACE "\n\n+" "\n" part "${part}")
    string(APPEND text "${part}\n")
endforeach()
file(WRITE ${OUT} "${text}})();\n")
