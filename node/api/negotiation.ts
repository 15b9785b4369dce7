/**
 * Negotiation: in which of its forms an answer is given.
 *
 * @see RFC 9110 §12.5.1 Accept
 * @module
 */

interface Range {
  readonly type: string
  readonly quality: number
}

/** Ranges of one header that are read; more than that nobody means. */
const RANGES_MAX = 32

/**
 * The form that the caller likes best among those there are, or the first of equals by his order.
 *
 * @param accept - the header `Accept`; whoever sends none takes the first form
 * @returns undefined when none is to his liking
 */
export function chooseForm(
  accept: string | undefined,
  forms: readonly string[]
): string | undefined {
  if (accept === undefined || accept.trim() === '') return forms[0]
  const ranges = accept.split(',').slice(0, RANGES_MAX).map(readRange)
  let best: { readonly form: string; readonly quality: number; readonly place: number } | undefined
  for (const form of forms) {
    const place = placeOf(form, ranges)
    const quality = place === -1 ? 0 : (ranges[place]?.quality ?? 0)
    const isBetter =
      best === undefined ||
      quality > best.quality ||
      (quality === best.quality && place < best.place)
    if (quality > 0 && isBetter) best = { form, quality, place }
  }
  return best?.form
}

/** The place of the most exact range that a form falls into; -1 for none. */
function placeOf(form: string, ranges: readonly Range[]): number {
  const wider = [form, `${form.split('/')[0]}/*`, '*/*']
  for (const type of wider) {
    const place = ranges.findIndex((range) => range.type === type)
    if (place !== -1) return place
  }
  return -1
}

function readRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const given = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  const quality = given === undefined ? 1 : Number(given)
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 }
}
