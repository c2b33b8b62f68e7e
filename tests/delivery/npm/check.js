// Parsers and official schemas, for the delivery tests. NODE_PATH names the folder of the packages.
//
//   check.js azure FILE...         Azure's own language service with the schema of its service
//   check.js github|gitlab FILE... ajv with the schemas of the schemastore
//   check.js compose FILE...       ajv with the compose specification's schema, anchors resolved
//   check.js kubernetes FILE...    the API's schemas, and TypeScript with the API's types: they refuse unknown fields
//   check.js dockerfile FILE       its instructions as JSON, when the parser finds nothing wrong
//   check.js yaml FILE             the file as JSON, read as YAML 1.2
//   check.js documents FILE        the same of a file with several documents
//   check.js hcl FOLDER            all .tf files of a folder as JSON, read by HashiCorp's parser
//   check.js tfvars FILE           a .tfvars file as JSON
//
// What is wrong goes to stderr, a line each; then the exit code is 1.
const fs = require('fs')
const path = require('path')

const schemas = path.join(path.dirname(require.resolve('schemastore/package.json')), 'schemas/json')
const places = {
  azure: 'raw.githubusercontent.com/microsoft/azure-pipelines-vscode/master/service-schema.json',
  github: 'github-workflow.json',
  compose: 'raw.githubusercontent.com/compose-spec/compose-spec/master/schema/compose-spec.json',
  gitlab: 'gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci.json'
}

function schema (name) {
  // The compose specification still has `id`s as draft 4 did; references go by path.
  return JSON.parse(fs.readFileSync(path.join(schemas, places[name]), 'utf8'), (key, value) => key === 'id' && typeof value === 'string' ? undefined : value)
}

async function azure (files) {
  const { getLanguageService, parse } = require('azure-pipelines-language-service')
  const { TextDocument } = require('vscode-languageserver-textdocument')
  // As an object: a schema given as text is ignored without a word.
  const service = getLanguageService(() => Promise.resolve(schema('azure')), [], () => Promise.resolve('schema://pipelines'))
  service.configure({ validate: true })
  const problems = []
  const log = console.log
  console.log = () => {} // the library chats
  for (const file of files) {
    const document = TextDocument.create('file:///' + path.basename(file), 'azure-pipelines', 1, fs.readFileSync(file, 'utf8'))
    for (const found of await service.doValidation(document, parse(document.getText()))) {
      problems.push(`${file}:${found.range.start.line + 1}:${found.range.start.character + 1}: ${found.message}`)
    }
  }
  console.log = log
  return problems
}

function yaml (file) {
  return require('yaml').parse(fs.readFileSync(file, 'utf8'), { strict: true, uniqueKeys: true, merge: true })
}

function documents (file) {
  return require('yaml').parseAllDocuments(fs.readFileSync(file, 'utf8'), { strict: true, uniqueKeys: true, merge: true })
    .map(document => { if (document.errors.length > 0) throw document.errors[0]; return document.toJS() })
}

// Each document as a literal of its type: only literals are refused for what the type does not have.
function kubernetes (files) {
  const ts = require('typescript')
  const path = require('path')
  const problems = []
  const lines = [] // of the program: which document it is
  let program = ''
  for (const file of files) {
    for (const object of documents(file)) {
      const place = `${file}: ${object.kind} ${object.metadata.name || object.metadata.generateName}`
      const model = require(`kubernetes-models/${object.apiVersion}/${object.kind}`)[object.kind]
      try {
        new model(object).validate()
      } catch (error) {
        problems.push(`${place}: ${error.message}`)
      }
      lines.push(place)
      program += `{ const object: import('kubernetes-models/${object.apiVersion}/${object.kind}').I${object.kind} = ${JSON.stringify(object)}; void object }\n`
    }
  }
  const name = path.join(process.env.NODE_PATH, '..', 'manifests.ts') // in memory; imports are found from there
  const options = { noEmit: true, strict: true, skipLibCheck: true, types: [], lib: ['lib.es2020.d.ts'], target: ts.ScriptTarget.ES2020, module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 }
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile
  host.getSourceFile = (file, ...rest) => file === name ? ts.createSourceFile(file, program, options.target) : read(file, ...rest)
  for (const found of ts.getPreEmitDiagnostics(ts.createProgram([name], options, host))) {
    const line = found.file && found.file.fileName === name ? found.file.getLineAndCharacterOfPosition(found.start).line : -1
    problems.push(`${line < 0 ? 'types' : lines[line]}: ${ts.flattenDiagnosticMessageText(found.messageText, ' ')}`)
  }
  return problems
}

function dockerfile (file) {
  const text = fs.readFileSync(file, 'utf8')
  const problems = require('dockerfile-utils').validate(text, {})
  console.log(JSON.stringify(require('dockerfile-ast').DockerfileParser.parse(text).getInstructions().map(instruction => ({
    line: instruction.getRange().start.line + 1,
    keyword: instruction.getKeyword(),
    arguments: instruction.getArguments().map(argument => argument.getValue()),
    flags: instruction.getFlags ? Object.fromEntries(instruction.getFlags().map(flag => [flag.getName(), flag.getValue()])) : {},
    strings: instruction.getJSONStrings ? instruction.getJSONStrings().map(string => string.getJSONValue()) : [],
    text: instruction.getRawArgumentsContent()
  }))))
  return problems.map(found => `${file}:${found.range.start.line + 1}: ${found.message}`)
}

// References to other documents of the schemastore are answered from the package.
async function load (uri) {
  const url = new URL(uri)
  const name = url.host === 'json.schemastore.org' ? url.pathname.slice(1).replace(/(\.json)?$/, '.json') : url.host + url.pathname
  return JSON.parse(fs.readFileSync(path.join(schemas, name), 'utf8'))
}

async function ajv (name, files) {
  const document = schema(name)
  delete document.$schema // ajv takes what they use as it is; a draft that it does not know is loaded without an end
  const Ajv = require('ajv').default
  const checker = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false, loadSchema: load })
  require('ajv-formats').default(checker)
  if (name === 'compose') { // formats that only Docker's own checker knows
    checker.addFormat('duration', /^([0-9]+(\.[0-9]+)?(us|ms|s|m|h))+$/)
    for (const format of ['expose', 'ports', 'subnet_ip_address']) checker.addFormat(format, true)
  }
  const validate = await checker.compileAsync(document)
  return files.flatMap(file => validate(yaml(file))
    ? []
    : validate.errors.map(error => `${file}: ${error.instancePath || '/'} ${error.message} ${JSON.stringify(error.params)}`))
}

async function main (what, files) {
  const hcl = () => require('@cdktf/hcl2json')
  switch (what) {
    case 'azure': return azure(files)
    case 'github':
    case 'compose':
    case 'gitlab': return ajv(what, files)
    case 'kubernetes': return kubernetes(files)
    case 'dockerfile': return dockerfile(files[0])
    case 'documents': console.log(JSON.stringify(documents(files[0]))); return []
    case 'yaml': console.log(JSON.stringify(yaml(files[0]))); return []
    case 'hcl':
      for (const name of fs.readdirSync(files[0]).filter(name => name.endsWith('.tf'))) {
        await hcl().parse(name, fs.readFileSync(path.join(files[0], name), 'utf8')) // names the file in errors
      }
      console.log(JSON.stringify(await hcl().convertFiles(files[0])))
      return []
    case 'tfvars': console.log(JSON.stringify(await hcl().parse(files[0], fs.readFileSync(files[0], 'utf8')))); return []
    default: throw new Error(`unknown: ${what}`)
  }
}

main(process.argv[2], process.argv.slice(3)).then(problems => {
  problems.forEach(problem => console.error(problem))
  process.exitCode = problems.length > 0 ? 1 : 0
}).catch(error => {
  console.error(String(error.message || error))
  process.exitCode = 1
})
