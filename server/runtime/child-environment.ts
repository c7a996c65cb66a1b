/**
 * The environment of every process that loads ONNX Runtime. On Linux and macOS its release builds send usage data to
 * their maker, and keep a device id in the user's cache folder, unless this variable says no. Nothing leaves the machine.
 */
export const childEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, ORT_DISABLE_TELEMETRY: '1' });
