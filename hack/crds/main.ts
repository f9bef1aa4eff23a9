/**
 * Writes CRDs and admission policies into the tree that the last argument names. `--check` writes nothing, names each file that is
 * not up to date or that nothing writes any more, and fails.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crdFiles } from './crd-files.ts';

const isCheck = process.argv.includes('--check');
const root = process.argv.slice(2).findLast((argument) => argument !== '--check') ?? '.';
const folders = ['deploy/crds', 'deploy/policies', 'charts/crds/templates'];

const files = crdFiles();
const problems: string[] = [];
for (const [path, text] of files) {
  const place = join(root, path);
  if (!isCheck) {
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, text);
  } else if (!existsSync(place) || readFileSync(place, 'utf8') !== text) {
    problems.push(`${path}: not what packages/contract says (run hack/update/crds.sh)`);
  }
}
for (const folder of folders) {
  const names = existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : [];
  for (const name of names.filter((each) => each.endsWith('.yaml')))
    if (!files.has(`${folder}/${name}`)) problems.push(`${folder}/${name}: nothing writes it (remove it)`);
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
