// `node tools/invenio/invenio.mjs up` starts a real InvenioRDM on loopback, from packages alone; `down` stops it.
// README.md beside this file says what it is. Debian and its relatives only.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
/** Not in the checkout: PostgreSQL, which does not run as root, has to be able to reach it. */
const state = process.env.DD_INVENIO_STATE ?? join(tmpdir(), 'deposit-desk-invenio')
const port = (/** @type {string} */ name, /** @type {number} */ usual) => Number(process.env[name] ?? usual)
const ports = {
  api: port('DD_INVENIO_PORT', 5050),
  postgres: port('DD_INVENIO_PG_PORT', 5452),
  redis: port('DD_INVENIO_REDIS_PORT', 6391),
  opensearch: port('DD_INVENIO_SEARCH_PORT', 9250),
}
const url = `http://127.0.0.1:${ports.api}`
const tokens = join(state, 'tokens.env')
const venv = join(state, 'venv')
const isRoot = process.getuid?.() === 0
const env = {
  ...process.env,
  DD_INVENIO_URL: url,
  DD_INVENIO_PG: `127.0.0.1:${ports.postgres}`,
  DD_INVENIO_REDIS: `127.0.0.1:${ports.redis}`,
  DD_INVENIO_SEARCH: `127.0.0.1:${ports.opensearch}`,
  INVENIO_INSTANCE_PATH: join(state, 'instance'),
  PYTHONWARNINGS: 'ignore',
}

/** In the order of their start. */
const SERVICES = /** @type {const} */ (['postgres', 'redis', 'opensearch', 'worker', 'api'])

/** Debian packages, with a command that shows each is there. */
const PACKAGES = {
  'redis-server': 'command -v redis-server',
  postgresql: 'ls /usr/lib/postgresql/*/bin/initdb',
  'openjdk-17-jdk-headless': 'command -v java',
  maven: 'command -v mvn',
  'python3-venv': 'python3 -c "import venv, ensurepip"',
  libcairo2: '/sbin/ldconfig -p | grep libcairo.so.2',
}

/** Why it can't be started here, or null. */
export function whyNot() {
  if (process.platform !== 'linux') return 'it runs on Debian Linux only'
  const missing = missingPackages()
  if (missing.length > 0 && (!isRoot || spawnSync('which', ['apt-get']).status !== 0)) {
    return `these packages are missing: sudo apt-get install -y ${missing.join(' ')}`
  }
  return null
}

/**
 * Starts what does not run yet and waits until the API answers. May be called at any time.
 * @param {(line: string) => void} say
 * @returns {Promise<Record<string, string>>} INVENIO_URL, ADMIN_TOKEN, RESEARCHER_TOKEN, CURATOR_TOKEN, READER_TOKEN
 */
export async function up(say = console.log) {
  const reason = whyNot()
  if (reason) throw new Error(`InvenioRDM can't be started: ${reason}`)
  for (const folder of ['run', 'log', 'data', 'redis', 'opensearch', 'postgres', 'instance']) {
    mkdirSync(join(state, folder), { recursive: true })
  }
  install(say)
  writeFileSync(join(state, 'instance/invenio.cfg'), readFileSync(join(here, 'invenio.cfg')))

  const pgBin = join('/usr/lib/postgresql', readdirSync('/usr/lib/postgresql').sort().at(-1) ?? '', 'bin')
  const asPostgres = isRoot ? ['runuser', '-u', 'postgres', '--'] : []
  if (!existsSync(join(state, 'postgres/PG_VERSION'))) {
    if (isRoot) run('initdb', 'chown', ['postgres', join(state, 'postgres')])
    const [command = '', ...args] = [
      ...asPostgres,
      join(pgBin, 'initdb'),
      '-D',
      join(state, 'postgres'),
      '-U',
      'postgres',
      '--auth=trust',
      '--encoding=UTF8',
      '--no-sync',
    ]
    run('initdb', command, args)
  }
  // setpriv, unlike runuser, becomes the command, so that the pid is that of PostgreSQL. A test server needs no durability.
  const group = spawnSync('id', ['-g', 'postgres'], { encoding: 'utf8' }).stdout.trim()
  const postgres = [join(pgBin, 'postgres'), '-D', join(state, 'postgres'), '-p', `${ports.postgres}`]
  for (const setting of [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'fsync=off',
    'synchronous_commit=off',
    'max_connections=200',
  ]) {
    postgres.push('-c', setting)
  }
  start(
    'postgres',
    isRoot ? ['setpriv', '--reuid=postgres', `--regid=${group}`, '--clear-groups', ...postgres] : postgres,
  )
  start('redis', [
    'redis-server',
    '--bind',
    '127.0.0.1',
    '--port',
    `${ports.redis}`,
    '--dir',
    join(state, 'redis'),
    '--daemonize',
    'no',
  ])
  start('opensearch', [
    'java',
    '-Xms512m',
    '-Xmx1500m',
    '-XX:+UseSerialGC',
    '-cp',
    `${join(state, 'jars')}/*`,
    join(here, 'opensearch/OpenSearchNode.java'),
    join(state, 'opensearch'),
    `${ports.opensearch}`,
  ])
  await until(
    'PostgreSQL',
    () => spawnSync(join(pgBin, 'pg_isready'), ['-h', '127.0.0.1', '-p', `${ports.postgres}`]).status === 0,
  )
  await until('Redis', () => spawnSync('redis-cli', ['-p', `${ports.redis}`, 'ping']).status === 0)
  await until('OpenSearch', () =>
    answers(`http://127.0.0.1:${ports.opensearch}/_cluster/health?wait_for_status=yellow`),
  )

  if (!existsSync(join(state, 'initialised'))) {
    say('Creating the data, which takes a minute or two …')
    const sql = (/** @type {string} */ statement) =>
      run('setup', join(pgBin, 'psql'), [
        '-q',
        '-h',
        '127.0.0.1',
        '-p',
        `${ports.postgres}`,
        '-U',
        'postgres',
        '-v',
        'ON_ERROR_STOP=1',
        '-c',
        statement,
      ])
    // What an interrupted first start left behind.
    sql('DROP DATABASE IF EXISTS invenio')
    sql('DROP ROLE IF EXISTS invenio')
    sql('CREATE ROLE invenio LOGIN SUPERUSER')
    run('setup', 'redis-cli', ['-p', `${ports.redis}`, 'flushall'])
    run('setup', join(venv, 'bin/python'), [join(here, 'bootstrap.py'), join(state, 'data'), tokens])
    // Written last by a bootstrap that came to its end.
    if (!existsSync(tokens)) throw new Error(`The data were not created; ${join(state, 'log/setup.log')} says why.`)
    writeFileSync(join(state, 'initialised'), '')
  }
  const schedule = join(state, 'celerybeat-schedule')
  start('worker', [
    join(venv, 'bin/celery'),
    '-A',
    'invenio_app.celery',
    'worker',
    '--beat',
    '--concurrency',
    '2',
    '--loglevel',
    'INFO',
    '--schedule',
    schedule,
  ])
  // No time limit on a request: an upload may take as long as it takes.
  start('api', [
    join(venv, 'bin/gunicorn'),
    'invenio_app.wsgi:application',
    '--bind',
    `127.0.0.1:${ports.api}`,
    '--workers',
    '2',
    '--threads',
    '4',
    '--timeout',
    '0',
    '--graceful-timeout',
    '5',
  ])
  await until('the API', () => answers(`${url}/api/vocabularies/resourcetypes?size=1`))
  return Object.fromEntries(
    readFileSync(tokens, 'utf8')
      .trim()
      .split('\n')
      .map((line) => /** @type {[string, string]} */ (line.split('='))),
  )
}

/** Stops what `up` started, in the reverse order. The data stay. */
export async function down(say = console.log) {
  for (const name of [...SERVICES].reverse()) {
    const pid = pidOf(name)
    if (pid !== null) {
      process.kill(pid, name === 'postgres' ? 'SIGINT' : 'SIGTERM')
      await until(`the end of ${name}`, () => pidOf(name) === null)
      say(`${name} stopped`)
    }
    rmSync(pidFile(name), { force: true })
  }
}

/** @param {(line: string) => void} say */
function install(say) {
  const missing = missingPackages()
  if (missing.length > 0) {
    say(`Installing ${missing.join(' ')} …`)
    run('apt', 'sh', [
      '-c',
      `apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${missing.join(' ')}`,
    ])
  }
  once('requirements.txt', join(venv, '.installed'), () => {
    say('Installing the Python packages …')
    run('pip', 'python3', ['-m', 'venv', venv])
    run('pip', join(venv, 'bin/pip'), ['install', '-q', '-r', join(here, 'requirements.txt')])
  })
  once('opensearch/pom.xml', join(state, 'jars/.installed'), () => {
    say('Fetching OpenSearch …')
    run('maven', 'mvn', [
      '-B',
      '-q',
      '-f',
      join(here, 'opensearch/pom.xml'),
      'dependency:copy-dependencies',
      `-DoutputDirectory=${join(state, 'jars')}`,
    ])
  })
}

function missingPackages() {
  return Object.entries(PACKAGES)
    .filter(([, check]) => spawnSync('sh', ['-c', check], { stdio: 'ignore' }).status !== 0)
    .map(([name]) => name)
}

/** @param {string} source @param {string} mark @param {() => void} work */
function once(source, mark, work) {
  const wanted = readFileSync(join(here, source), 'utf8')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return
  work()
  writeFileSync(mark, wanted)
}

/** @param {string} log @param {string} command @param {string[]} args */
function run(log, command, args) {
  const path = join(state, 'log', `${log}.log`)
  const file = openSync(path, 'a')
  const result = spawnSync(command, args, { env, cwd: state, stdio: ['ignore', file, file] })
  if (result.status !== 0) throw new Error(`${command} failed; ${path} says why`)
}

/** A daemon with a session of its own, a pid file and a log. @param {string} name @param {readonly string[]} line */
function start(name, [command = '', ...args]) {
  if (pidOf(name) !== null) return
  const file = openSync(join(state, 'log', `${name}.log`), 'a')
  const child = spawn(command, args, { env, cwd: state, detached: true, stdio: ['ignore', file, file] })
  writeFileSync(pidFile(name), `${child.pid} ${startOf(child.pid ?? 0)}`)
  child.unref()
}

/** @param {string} name */
function pidFile(name) {
  return join(state, 'run', `${name}.pid`)
}

/** The pid of a service that runs. @param {string} name */
function pidOf(name) {
  if (!existsSync(pidFile(name))) return null
  const [pid = '', since] = readFileSync(pidFile(name), 'utf8').split(' ')
  // The number may belong to another process by now: that one began at another time.
  return startOf(Number(pid)) === since ? Number(pid) : null
}

/** When a process began, in ticks since the start of the system (proc(5)); empty for one that has ended. @param {number} pid */
function startOf(pid) {
  try {
    const [state, ...rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return state === 'Z' ? '' : (rest[18] ?? '')
  } catch {
    return ''
  }
}

/** @param {string} address */
async function answers(address) {
  return fetch(address, { signal: AbortSignal.timeout(5000) }).then(
    (response) => response.ok,
    () => false,
  )
}

/** @param {string} what @param {() => boolean | Promise<boolean>} met */
async function until(what, met) {
  const deadline = Date.now() + 120_000
  while (!(await met())) {
    if (Date.now() > deadline)
      throw new Error(`Waited two minutes for ${what}; the logs in ${join(state, 'log')} say more.`)
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const command = process.argv[2]
  if (command === 'up') {
    await up()
    console.log(`InvenioRDM answers at ${url}/api. Its tokens: set -a; . ${tokens}`)
  } else if (command === 'down') await down()
  else {
    console.error('Use: node tools/invenio/invenio.mjs up | down')
    process.exit(2)
  }
}
