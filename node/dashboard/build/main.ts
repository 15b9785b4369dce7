/**
 * Entry of the build: bundles the pages, and says what they weigh.
 *
 * @module
 */

import { fileURLToPath } from 'node:url'
import { quietPipes } from '../../cli/quiet-pipes.ts'
import { bundlePages } from './bundle-pages.ts'
import { describeWeights, weighPages } from './page-weights.ts'

quietPipes(process)

const root = fileURLToPath(new URL('../../../../', import.meta.url))

await bundlePages(root)
process.stdout.write(`${describeWeights(weighPages(root))}\n`)
