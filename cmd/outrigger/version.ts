import manifest from '../../package.json' with { type: 'json' }

/** Set when the executable is built. */
declare const __COMMIT__: string | undefined

/** `0.1.0`, with the commit when it was built from one. */
export const version: string = typeof __COMMIT__ === 'string' ? `${manifest.version} (${__COMMIT__})` : manifest.version
