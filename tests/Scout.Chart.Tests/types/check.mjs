// node check.mjs FOLDER: is each object in the YAML files of FOLDER what the API of Kubernetes takes? First as a type (unknown fields, wrong types, nulls), then by its
// schema (missing fields, formats). Prints a line for each mistake and one with the count; exit 1 when there is one. Kinds without a model are named, not checked.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import ts from 'typescript';

const unmodelled = new Set(['cert-manager.io/v1 Certificate']);
const folder = process.argv[2];
const sources = join(import.meta.dirname, 'generated');
const objects = new Map();
const mistakes = [];
const unchecked = new Set();

for (const file of readdirSync(folder).filter(name => name.endsWith('.yaml')).sort()) {
  for (const document of parseAllDocuments(readFileSync(join(folder, file), 'utf8'), { version: '1.1' })) {
    if (document.errors.length > 0) mistakes.push(`${file}: ${document.errors[0].message}`);
    const object = document.toJS();
    if (!object) continue;
    const text = JSON.stringify(object, null, 1);
    const first = objects.get(text);
    if (!first) objects.set(text, { object, text, where: `${file} ${object.kind} ${object.metadata?.name}` });
  }
}

mkdirSync(sources, { recursive: true });
const files = new Map();
for (const entry of objects.values()) {
  const { apiVersion, kind } = entry.object;
  if (unmodelled.has(`${apiVersion} ${kind}`)) { unchecked.add(`${apiVersion} ${kind}`); continue; }
  const root = apiVersion.startsWith('monitoring.coreos.com/') ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models';
  const file = join(sources, `o${files.size}.ts`);
  writeFileSync(file, `import type { I${kind} as T } from "${root}/${apiVersion}";\nexport const o: T = ${entry.text};\n`);
  files.set(file, entry);
  try {
    const Model = (await import(`${root}/${apiVersion}`))[kind];
    new Model(entry.object).validate();
  } catch (error) {
    mistakes.push(`${entry.where}: ${error.message}`);
  }
}

const program = ts.createProgram([...files.keys()], { noEmit: true, strict: true, skipLibCheck: true, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2022, types: [] });
for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
  const entry = files.get(diagnostic.file?.fileName);
  mistakes.push(`${entry?.where ?? diagnostic.file?.fileName}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`);
}

for (const mistake of mistakes) console.log(mistake);
console.log(`${files.size} objects checked, ${mistakes.length} mistakes, without a model: ${[...unchecked].join(', ') || 'none'}`);
process.exit(mistakes.length > 0 || files.size === 0 ? 1 : 0);
