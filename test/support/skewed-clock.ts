/** Loaded before the relay: its clock is wrong by `OUTRIGGER_TEST_SKEW_MS`, as that of a machine without time service. */
const skewMs = Number(process.env['OUTRIGGER_TEST_SKEW_MS'] ?? 0)
const realNow = Date.now
Date.now = () => realNow() + skewMs
