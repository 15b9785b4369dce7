/**
 * Short texts: ids, ages, times and numbers as people read them.
 *
 * @module
 */

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

const SMALL_NUMBERS: readonly string[] = [
  'no',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve'
]

/** The beginning of an id, enough to tell it from its neighbours. */
export function shortId(id: string): string {
  return id.slice(0, 8)
}

/** A count in a sentence: words up to twelve. */
export function numberWord(count: number): string {
  return SMALL_NUMBERS[count] ?? String(count)
}

/** A region as people write it: `sao-paulo` is Sao Paulo. */
export function regionName(region: string): string {
  return region
    .split('-')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join(' ')
}

/** How long something has lasted, in its largest unit. */
export function duration(ms: number): string {
  const whole = Math.max(0, ms)
  if (whole < MINUTE_MS) return `${Math.floor(whole / SECOND_MS)} s`
  if (whole < HOUR_MS) return `${Math.floor(whole / MINUTE_MS)} min`
  if (whole < DAY_MS) return `${Math.floor(whole / HOUR_MS)} h`
  return `${Math.floor(whole / DAY_MS)} d`
}

/** The time of day at this browser's place, with the day where it was not today. */
export function clockTime(timeMs: number, nowMs: number): string {
  const time = new Date(timeMs)
  const isToday = time.toDateString() === new Date(nowMs).toDateString()
  const options: Intl.DateTimeFormatOptions = isToday
    ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
    : { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
  return new Intl.DateTimeFormat('en', options).format(time)
}

/** The time of day with seconds. */
export function clockTimeExact(timeMs: number): string {
  const options = {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23'
  } as const
  return new Intl.DateTimeFormat('en', options).format(new Date(timeMs))
}

/** `a, b and c`. */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}

/** `1 member`, `3 members`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
