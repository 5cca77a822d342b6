/**
 * Three builds from one file (`vite build --app`):
 * - client: the window, served by the app:// scheme;
 * - node: one bundle a process (main, transfers, practice) and the command line;
 * - preload: one CommonJS file, which a sandboxed preload has to be.
 */
declare const _default: import("vite").UserConfig;
export default _default;
