// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "edge/command/command.h"
#include "edge/decoder/child_main.h"

int main(int argc, char **argv)
{
    if (argc < 2) {
        edge_command_list();
        return 2;
    }
    if (strcmp(argv[1], "decode-child") == 0) // what the node starts for itself
        return edge_child_main(argc - 2, argv + 2, geo_decode);
    const char *word = strcmp(argv[1], "--help") == 0      ? "help"
                       : strcmp(argv[1], "--version") == 0 ? "version"
                                                           : argv[1];
    const struct edge_command *command = edge_command_find(word);
    if (!command) {
        fprintf(stderr, "drf-edge: no command '%s'; `drf-edge help` lists them\n", argv[1]);
        return 2;
    }
    if (edge_flag(argc - 2, argv + 2, "help")) {
        edge_command_help(command);
        return 0;
    }
    return command->run(argc - 2, argv + 2);
}
