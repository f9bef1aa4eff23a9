/**
 * Where the program under test is.
 */
import { fileURLToPath } from 'node:url';

/** The `sluice` command of this checkout. */
export const sluiceCommand = fileURLToPath(new URL('../../../apps/proxy/bin/sluice', import.meta.url));
