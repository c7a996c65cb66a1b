/** The probe's process: tries one device and tells the result. Arguments: the device and an empty folder. */
import { z } from 'zod';
import { ACCELERATORS } from './device.ts';
import { tryDevice } from './trial.ts';

const [device, folder] = z.tuple([z.enum(ACCELERATORS), z.string()]).parse(process.argv.slice(2));

// Nobody is left to tell: no probe outlives its owner.
process.on('disconnect', () => process.exit(0));
process.send?.(await tryDevice(device, folder));
