// tests/lint/asyncapi/parse.mjs: documents through AsyncAPI's own parser, and messages against a document's schemas.
// SPDX-License-Identifier: Apache-2.0
// Standard input: {documents: {name: text}, of: a name, messages: [{schema, value}]}. Standard output:
// {documents: {name: {read: was it understood, found: [{severity, code, path, message}]}}, messages: [what is wrong or null]}.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import Ajv from 'ajv';
import yaml from 'js-yaml';

const asked = JSON.parse(readFileSync(0, 'utf8'));
const answer = { documents: {}, messages: [] };

for (const [name, text] of Object.entries(asked.documents)) {
  const { document, diagnostics } = await new Parser().parse(text);
  const found = diagnostics.map(({ severity, code, path, message }) => ({ severity, code, path: path.join('/'), message }));
  answer.documents[name] = { read: document !== undefined, found };
}

const ajv = new Ajv({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'document', components: yaml.load(asked.documents[asked.of]).components });
for (const { schema, value } of asked.messages) {
  const ref = `document#/components/schemas/${schema}`;
  const validate = ajv.getSchema(ref);
  if (validate === undefined) throw new Error(`no schema ${ref}`);
  answer.messages.push(validate(value) ? null : ajv.errorsText(validate.errors));
}
process.stdout.write(JSON.stringify(answer));
