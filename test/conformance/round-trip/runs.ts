/** How often each property is tried: a few hundred times, or as OUTRIGGER_PROPERTY_RUNS says. */
export const runs = Number(process.env['OUTRIGGER_PROPERTY_RUNS'] ?? '300')
