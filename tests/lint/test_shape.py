#!/usr/bin/env python3
# tests/lint/test_shape.py - each rule of shape.py is broken once in a small tree of its own, and is named.
# SPDX-License-Identifier: Apache-2.0
import contextlib
import io
import pathlib
import tempfile
import unittest

import shape

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"


def header(path, text=""):
    return f"// {path} - an example.\n{SPDX}{text}"


class Shape(unittest.TestCase):
    def broken(self, files):
        """What the lint says of a tree of these files."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
            with contextlib.redirect_stdout(io.StringIO()):
                return shape.report(shape.Tree(root))

    def test_tree__without_fault__is_accepted(self):
        self.assertEqual(self.broken({
            "README.md": "# Page\n\n1. A rule.\n\nSee [the file](geo/a.h) and README.md rule 1.\n",
            "geo/a.h": header("geo/a.h", "int geo_a(void);\n"),
            "geo/a.c": SPDX + "static const struct {\n    int x;\n} table[] = {{1}};\nint geo_a(void)\n{\n    return table[0].x;\n}\n",
        }), [])

    def test_folder__of_too_many_files__is_named(self):
        files = {f"geo/a{i}.c": SPDX for i in range(shape.FILES_MOST + 1)}
        self.assertEqual(self.broken(files | {"geo/f.c": SPDX + "int geo_f(void) { return 1; }\n"}),
                         [f"geo: {shape.FILES_MOST + 2} source files, {shape.FILES_MOST} are the most"])

    def test_sub_folders__that_include_each_other__are_named(self):
        found = self.broken({
            "geo/one/a.h": header("geo/one/a.h", '#include "geo/two/b.h"\n'),
            "geo/two/b.h": header("geo/two/b.h", "int geo_b(void);\n"),
            "geo/two/b.c": SPDX + '#include "geo/one/a.h"\nint geo_b(void)\n{\n    return 1;\n}\n',
        })
        self.assertTrue(any("geo/one includes geo/two and is included by it in turn" in line for line in found), found)

    def test_files__that_call_each_other_in_a_circle__are_counted(self):
        count = shape.CIRCLE_MOST + 1
        files = {f"geo/a{i}.c": SPDX + f"int geo_a{i}(void)\n{{\n    return geo_a{(i + 1) % count}();\n}}\n" for i in range(count)}
        self.assertEqual(self.broken(files), [f"geo: {count} files call each other in a circle, {shape.CIRCLE_MOST} are the most"])

    def test_circle__through_a_table_of_functions__is_one(self):
        count = shape.CIRCLE_MOST + 1
        files = {f"geo/a{i}.c": SPDX + f"void *geo_a{i}(void)\n{{\n    return geo_a{(i + 1) % count};\n}}\n" for i in range(count)}
        self.assertEqual(len(self.broken(files)), 1)

    def test_function__too_long__is_named(self):
        body = "    (void)0;\n" * shape.FUNCTION_MOST
        self.assertEqual(self.broken({"geo/a.c": SPDX + "// How\n// it works.\nint geo_a(void)\n{\n" + body + "}\n"}),
                         [f"a function of {shape.FUNCTION_MOST + 3} lines, {shape.FUNCTION_MOST} are the most"])

    def test_reference__to_no_page_or_no_rule__is_named(self):
        found = self.broken({
            "README.md": "# Page\n\n1. A rule.\n",
            "geo/a.h": header("geo/a.h", "// DESIGN says; GONE.md says; README.md rule 1 and README.md rule 2 say.\nint geo_a(void);\n"),
            "geo/a.c": SPDX + "int geo_a(void) { return 1; }\n",
        })
        self.assertEqual(found, [f"geo/a.h:3: {what} does not exist" for what in ("GONE.md", "README.md rule 2", "DESIGN")])

    def test_reference__to_several_rules__is_checked_for_each(self):
        found = self.broken({
            "schemas/client.md": "# Page\n\n1. **A rule.**\n2. Another.\n",
            "geo/a.h": header("geo/a.h", "// schemas/client.md rules 1 and 2 say, and schemas/client.md rules 1, 2 and 3.\nint geo_a(void);\n"),
            "geo/a.c": SPDX + "int geo_a(void) { return 1; }\n",
        })
        self.assertEqual(found, ["geo/a.h:3: schemas/client.md rules 1, 2 and 3 does not exist"])

    def test_reference__to_no_file_of_the_tree__is_named(self):
        found = self.broken({
            "README.md": "# Page\n\n`geo/a.c` has it, `geo/gone.c` had it; other/geo/b.c is not ours.\n`geo/a.c` `geo_a`, `geo/a.c`\n`geo_b`\n",
            "geo/a.c": SPDX + "int geo_a(void) { return 1; } // as edge/gone.h says\n",
        })
        self.assertEqual(found, ["README.md:4: geo_b in geo/a.c does not exist", "README.md:3: geo/gone.c does not exist", "geo/a.c:2: edge/gone.h does not exist"])

    def test_header__without_its_first_line__is_named(self):
        found = self.broken({"geo/a.h": "// geo/a.h - an example that goes on.\n// and on. " + SPDX[3:] + "int geo_a(void);\n",
                             "geo/a.c": SPDX + "int geo_a(void) { return 1; }\n"})
        self.assertEqual(len(found), 1)
        self.assertIn("geo/a.h: the first line is not", found[0])

    def test_long_source__that_does_not_say_how_it_works__is_named(self):
        found = self.broken({"geo/a.c": SPDX + "\n" * 250 + "int geo_a(void) { return 1; }\n"})
        self.assertEqual(found, ["geo/a.c: over 250 lines and does not begin with a paragraph on how it works"])

    def test_global__that_can_change__is_named(self):
        found = self.broken({"geo/a.c": SPDX + "static int count;\nstatic const int fixed = 1;\nint geo_a(void)\n{\n    static int calls = 0;\n    return calls++ + fixed + count;\n}\n"})
        self.assertEqual(sorted(found), ["geo/a.c: calls: a mutable global", "geo/a.c: count: a mutable global"])


if __name__ == "__main__":
    unittest.main()
