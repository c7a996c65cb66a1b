/**
 * The entries of a ZIP archive whose files are stored, not compressed, as torch.save writes it. Entries are views of
 * the archive's bytes: whatever sizes it claims, nothing larger than itself is allocated.
 */
import { crc32 } from 'node:zlib';
import { VerityError } from '../../runtime/errors.ts';

const END_SIGNATURE = 0x06054b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
/** The end record may be followed by a comment of this length. */
const MAX_COMMENT_BYTES = 0xffff;
const STORED = 0;

/** An archive that breaks the format; `file` is what the user knows it by. */
function fail(file: string, what: string): never {
  throw new VerityError('badModel', `${file} is no valid PyTorch file: ${what}. Download it again.`);
}

/**
 * Entries by name.
 * @throws VerityError badModel for anything but a sound archive of stored files.
 */
export function readStoredZip(file: string, bytes: Buffer): Map<string, Buffer> {
  const end = findEnd(file, bytes);
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  const entries = new Map<string, Buffer>();
  for (let index = 0; index < count; index++) {
    if (at + CENTRAL_BYTES > end || bytes.readUInt32LE(at) !== CENTRAL_SIGNATURE)
      fail(file, 'its directory is damaged');
    const nameBytes = bytes.readUInt16LE(at + 28);
    const next = at + CENTRAL_BYTES + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    if (next > end) fail(file, 'its directory is damaged');
    const name = bytes.toString('utf8', at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes);
    if (entries.has(name)) fail(file, `it has the entry ${JSON.stringify(name)} twice`);
    entries.set(name, readEntry(file, bytes, at, name));
    at = next;
  }
  return entries;
}

function findEnd(file: string, bytes: Buffer): number {
  const first = Math.max(0, bytes.length - END_BYTES - MAX_COMMENT_BYTES);
  for (let at = bytes.length - END_BYTES; at >= first; at--)
    if (bytes.readUInt32LE(at) === END_SIGNATURE) return at;
  return fail(file, 'it is no ZIP archive');
}

/** The data of the file that the directory's record at `at` describes. */
function readEntry(file: string, bytes: Buffer, at: number, name: string): Buffer {
  const method = bytes.readUInt16LE(at + 10);
  const size = bytes.readUInt32LE(at + 24);
  const local = bytes.readUInt32LE(at + 42);
  const entry = `its entry ${JSON.stringify(name)}`;
  if (method !== STORED || bytes.readUInt32LE(at + 20) !== size) fail(file, `${entry} is compressed`);
  if (local + LOCAL_BYTES > bytes.length || bytes.readUInt32LE(local) !== LOCAL_SIGNATURE)
    fail(file, `${entry} is not where the directory says`);
  const start = local + LOCAL_BYTES + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  if (start + size > bytes.length) fail(file, `${entry} is cut off`);
  const data = bytes.subarray(start, start + size);
  if (crc32(data) !== bytes.readUInt32LE(at + 16)) fail(file, `${entry} has another checksum than it should`);
  return data;
}
