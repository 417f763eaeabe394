# tests/replay/importers/second_dataflash.py - the times that pymavlink itself gives to the POS rows of a log.
# SPDX-License-Identifier: Apache-2.0
import json
import sys

from pymavlink import DFReader

log, found = DFReader.DFReader_binary(sys.argv[1]), []
while (message := log.recv_match(type="POS")) is not None:
    found.append(message._timestamp)
print(json.dumps(found))
