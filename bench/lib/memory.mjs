import { readFileSync } from 'node:fs';

/** Memory of this process, bytes: resident in all, of that not backed by a file, and the most there ever was. */
export function memory() {
  const status = readFileSync('/proc/self/status', 'utf8');
  const bytes = (field) => 1024 * Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)[1]);
  return { resident: bytes('VmRSS'), anonymous: bytes('RssAnon'), peak: bytes('VmHWM') };
}
