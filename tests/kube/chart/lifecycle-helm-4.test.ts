import { describeLifecycle } from './lifecycle.ts';

await describeLifecycle(4);
