/**
 * CoAP's codes, methods and content formats, and how the house's problems are told by them.
 *
 * @see RFC 7252 §12.1, RFC 7959 §2.9, RFC 8132 §5
 * @module
 */

import type { Problem } from '../api/problem.ts'

/** Methods, and the codes of answers: class times 32 and detail. */
export const CODE = {
  get: 0x01,
  post: 0x02,
  put: 0x03,
  created: 0x41,
  valid: 0x43,
  changed: 0x44,
  content: 0x45,
  continue: 0x5f,
  badRequest: 0x80,
  unauthorized: 0x81,
  badOption: 0x82,
  forbidden: 0x83,
  notFound: 0x84,
  methodNotAllowed: 0x85,
  notAcceptable: 0x86,
  incomplete: 0x88,
  conflict: 0x89,
  tooLarge: 0x8d,
  formatUnsupported: 0x8f,
  unprocessable: 0x96,
  tooManyRequests: 0x9d,
  internalError: 0xa0,
  unavailable: 0xa3,
  proxyUnsupported: 0xa5
} as const

/** Whether a code asks for something; what answers, or is reserved, is no request. */
export function isRequestCode(code: number): boolean {
  return code > 0 && code < 0x20
}

/** Content formats. */
export const FORMAT = {
  text: 0,
  coseSign1: 18,
  linkFormat: 40,
  bytes: 42,
  json: 50,
  cbor: 60,
  coseSign: 98,
  senmlJson: 110,
  senmlCbor: 112
} as const

const CODE_OF_STATUS: ReadonlyMap<number, number> = new Map([
  [400, CODE.badRequest],
  [403, CODE.forbidden],
  [404, CODE.notFound],
  [405, CODE.methodNotAllowed],
  [406, CODE.notAcceptable],
  [409, CODE.conflict],
  [410, CODE.notFound],
  [413, CODE.tooLarge],
  [415, CODE.formatUnsupported],
  [422, CODE.unprocessable],
  [429, CODE.tooManyRequests],
  [503, CODE.unavailable]
])

/** The code that tells a problem of the API. */
export function codeOfProblem({ status }: Pick<Problem, 'status'>): number {
  return CODE_OF_STATUS.get(status) ?? CODE.internalError
}
