/** The official schema of SARIF 2.1.0. */
import { Ajv, type AnySchemaObject } from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, 'fixtures', 'sarif', 'sarif-2.1.0-rtm.5.json');
const schema = JSON.parse(readFileSync(FILE, 'utf8')) as AnySchemaObject;
// It is written in JSON Schema draft 4, of which it uses nothing that later drafts changed but these two keys.
delete schema['$schema'];
delete schema['id'];
const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);

/** What is wrong with a log; empty if it is valid. */
export function sarifErrors(log: unknown): string[] {
  void validate(log);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}
