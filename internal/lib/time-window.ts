/** A part of every day, in minutes since midnight of its zone; it may go over midnight. */
export type TimeWindow = {
  readonly from: number
  /** The first minute that is outside. */
  readonly to: number
  /** An IANA name (`Europe/Berlin`) or `UTC`. */
  readonly zone: string
}

/** `22:00-06:00`, with the time zone behind it: `22:00-06:00 Europe/Berlin`. Without one it is UTC. */
export const timeWindowPattern = '^([01]\\d|2[0-3]):[0-5]\\d-(([01]\\d|2[0-3]):[0-5]\\d|24:00)( [A-Za-z][A-Za-z0-9_+/-]*)?$'

const pattern = new RegExp(timeWindowPattern)

/** Undefined when the text is no window or the zone is not known. */
export function parseTimeWindow(text: string): TimeWindow | undefined {
  if (!pattern.test(text)) return undefined
  const [times = '', zone = 'UTC'] = text.split(' ', 2)
  const [from = '', to = ''] = times.split('-', 2)
  return isZone(zone) ? { from: minutesOf(from), to: minutesOf(to), zone } : undefined
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':', 2)
  return Number(hours) * 60 + Number(minutes)
}

/** Whether the name is one of a time zone. */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: zone }) !== undefined
  } catch {
    // The only way to ask is to try: it throws for a name that it does not know.
    return false
  }
}

/** Whether the moment (milliseconds since the epoch) lies in the window. One of no length is the whole day. */
export function isWithin({ from, to, zone }: TimeWindow, wallMs: number): boolean {
  if (from === to) return true
  const minute = minuteOfDay(zone, wallMs)
  return from < to ? minute >= from && minute < to : minute >= from || minute < to
}

type Read = { readonly minute: number; readonly ofDay: number }
const read = new Map<string, Read>()
const formats = new Map<string, Intl.DateTimeFormat>()

/** Working out a zone takes microseconds, a request is planned in fewer: each zone is asked once a minute. */
function minuteOfDay(zone: string, wallMs: number): number {
  const minute = Math.floor(wallMs / 60_000)
  if (zone === 'UTC') return minute % 1440
  const known = read.get(zone)
  if (known?.minute === minute) return known.ofDay
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' })
  formats.set(zone, format)
  const ofDay = minutesOf(format.format(wallMs))
  read.set(zone, { minute, ofDay })
  return ofDay
}
