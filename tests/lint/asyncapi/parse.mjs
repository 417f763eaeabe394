// tests/lint/asyncapi/parse.mjs: documents through AsyncAPI's own parser, and messages against a document's schemas.
// SPDX-License-Identifier: Apache-2.0
// Standard input: {documents: {name: text}, of: a name, messages: [{schema, value}]}. Standard output:
// {documents: {name: {read: was it understood, found: [{severity, code, path, message}], models: {channel: [a title for
// each message]}, unnamed: [fields that a generator of models cannot tell apart]}}, messages: [what is wrong or null]}.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import Ajv from 'ajv';
import yaml from 'js-yaml';

const asked = JSON.parse(readFileSync(0, 'utf8'));
const answer = { documents: {}, messages: [] };

// What a generator of models goes by: the schema of each message, its title, and names that differ.
function models(document) {
  const titles = {}, unnamed = [];
  const walk = (schema, path) => {
    if (typeof schema.json() !== 'object' || path.split('.').length > 6) return;
    if (/anonymous/.test(schema.id() ?? 'anonymous')) unnamed.push(path);
    for (const [name, one] of Object.entries(schema.properties() ?? {})) walk(one, `${path}.${name}`);
  };
  for (const channel of document?.channels().all() ?? []) {
    const payloads = channel.messages().all().filter((message) => message.name()?.startsWith('drf.')).map((message) => message.payload());
    if (payloads.length > 0) titles[channel.id()] = payloads.map((payload) => payload.title());
    for (const payload of payloads) walk(payload, payload.title() ?? '');
  }
  return { models: titles, unnamed };
}

for (const [name, text] of Object.entries(asked.documents)) {
  const { document, diagnostics } = await new Parser().parse(text);
  const found = diagnostics.map(({ severity, code, path, message }) => ({ severity, code, path: path.join('/'), message }));
  answer.documents[name] = { read: document !== undefined, found, ...models(document) };
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
