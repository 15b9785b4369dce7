/**
 * The room's only door: the words and rules of the ledger that other rooms may use.
 *
 * @module
 */

export { fromHex, toHex } from './foundation/bytes.ts'
export {
  PARAMETER_ORDERINGS,
  PARAMETERS,
  type ParameterDefinition,
  type ParameterName,
  type Parameters,
  RATE_MAX_UNITS_PER_HOUR
} from './ledger/parameters.ts'
