// Parsers and official schemas, for the delivery tests. NODE_PATH names the folder of the packages.
//
//   check.js azure FILE...         Azure's own language service with the schema of its service
//   check.js github|gitlab FILE... ajv with the schemas of the schemastore
//   check.js yaml FILE             the file as JSON, read as YAML 1.2
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
  gitlab: 'gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci.json'
}

function schema (name) {
  return JSON.parse(fs.readFileSync(path.join(schemas, places[name]), 'utf8'))
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
  return require('yaml').parse(fs.readFileSync(file, 'utf8'), { strict: true, uniqueKeys: true })
}

// References to other documents of the schemastore are answered from the package.
async function load (uri) {
  const url = new URL(uri)
  const name = url.host === 'json.schemastore.org' ? url.pathname.slice(1).replace(/(\.json)?$/, '.json') : url.host + url.pathname
  return JSON.parse(fs.readFileSync(path.join(schemas, name), 'utf8'))
}

async function ajv (name, files) {
  const document = schema(name)
  const Ajv = require('ajv').default
  const checker = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false, loadSchema: load })
  require('ajv-formats').default(checker)
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
    case 'gitlab': return ajv(what, files)
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
