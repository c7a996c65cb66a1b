/** WebGPU without a graphics card: SwiftShader, the software Vulkan driver that Debian's chromium package brings. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const FOLDER = '/usr/lib/chromium';
const ICD = `${FOLDER}/vk_swiftshader_icd.json`;

/** The environment of a process that shall see that driver and no other. */
export function swiftShader(): NodeJS.ProcessEnv {
  if (!existsSync(ICD)) throw new Error(`${ICD} is missing: install Debian's package chromium.`);
  return {
    ...process.env,
    VK_ICD_FILENAMES: ICD,
    VK_DRIVER_FILES: ICD,
    // The Vulkan loader, where the system has none of its own.
    LD_LIBRARY_PATH: FOLDER,
    XDG_RUNTIME_DIR: tmpdir(),
  };
}
