/** undici declares the types of its main module only; the pool's are the same. */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici'
  // biome-ignore lint/style/noDefaultExport: it is what the module has.
  export default Pool
}
