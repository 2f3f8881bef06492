"""What is known of distributions: their modules, what they bring along, which nobody imports.

A row of a table is `distribution: name name`, distributions by their canonical names. Only what a
name alone does not tell is needed; the rest makes a judgement more certain.
"""

from __future__ import annotations

import re

_MODULES = """
absl-py: absl | aiohttp: aiohttp | antlr4-python3-runtime: antlr4 | anyio: anyio
apache-airflow: airflow | arrow: arrow | asgiref: asgiref | attrdict: attrdict | attrs: attr attrs
azure-storage-blob: azure | babel: babel | bcrypt: bcrypt | beautifulsoup4: bs4 | biopython: Bio
bleach: bleach | boto3: boto3 | botocore: botocore | cachecontrol: cachecontrol | celery: celery
certifi: certifi | chardet: chardet | charset-normalizer: charset_normalizer | click: click
clickhouse-driver: clickhouse_driver | cloudpickle: cloudpickle | colorama: colorama
confluent-kafka: confluent_kafka | cryptography: cryptography | cython: Cython cython pyximport
dask: dask | datadog: datadog | discord-py: discord | django: django | django-allauth: allauth
django-cors-headers: corsheaders | django-crispy-forms: crispy_forms
django-debug-toolbar: debug_toolbar | django-environ: environ
django-extensions: django_extensions | django-filter: django_filters | django-redis: django_redis
django-storages: storages | djangorestframework: rest_framework
djangorestframework-simplejwt: rest_framework_simplejwt | dnspython: dns | docker: docker
docutils: docutils | duckduckgo-search: duckduckgo_search | elasticsearch-dsl: elasticsearch_dsl
email-validator: email_validator | faiss-cpu: faiss | faiss-gpu: faiss | faker: faker
fastapi: fastapi | ffmpeg-python: ffmpeg | flask: flask | flask-sqlalchemy: flask_sqlalchemy
fsspec: fsspec | gevent: gevent | gitpython: git gitdb
google-api-python-client: googleapiclient apiclient | google-auth: google
google-generativeai: google | greenlet: greenlet | grpcio: grpc
grpcio-health-checking: grpc_health | grpcio-status: grpc_status | grpcio-tools: grpc_tools
gunicorn: gunicorn | h11: h11 | h5py: h5py | haystack-ai: haystack | httpcore: httpcore
httpx: httpx | hypothesis: hypothesis | idna: idna | influxdb-client: influxdb_client
ipython: IPython | itsdangerous: itsdangerous | jinja2: jinja2 | joblib: joblib
jsonschema: jsonschema | jwcrypto: jwcrypto | kafka-python: kafka | kombu: kombu
langchain-openai: langchain_openai | levenshtein: Levenshtein | loguru: loguru | lxml: lxml
mariadb: mariadb | markdown: markdown | markdown-it-py: markdown_it | markupsafe: markupsafe
marshmallow: marshmallow | matplotlib: matplotlib mpl_toolkits pylab
memory-profiler: memory_profiler | mkdocs: mkdocs | mock: mock | more-itertools: more_itertools
msgpack-python: msgpack | multidict: multidict | mypy-extensions: mypy_extensions
mysql-connector-python: mysql | mysql-python: MySQLdb | mysqlclient: MySQLdb _mysql
networkx: networkx | newrelic: newrelic | nltk: nltk | node-semver: nodesemver | numba: numba
numpy: numpy | odfpy: odf | opencv-contrib-python: cv2 | opencv-contrib-python-headless: cv2
opencv-python: cv2 | opencv-python-headless: cv2 | openpyxl: openpyxl
opensearch-py: opensearchpy | orjson: orjson | packaging: packaging | paho-mqtt: paho
pandas: pandas | paramiko: paramiko | pdfminer-six: pdfminer | peewee: peewee playhouse pwiz
phonenumberslite: phonenumbers | pika: pika | pillow: PIL | pinecone-client: pinecone
platformdirs: platformdirs | pluggy: pluggy | polars: polars
prometheus-client: prometheus_client | prompt-toolkit: prompt_toolkit | protobuf: google
psutil: psutil | psycopg: psycopg | psycopg-binary: psycopg | psycopg2: psycopg2
psycopg2-binary: psycopg2 | py-cpuinfo: cpuinfo | pyarrow: pyarrow
pyasn1-modules: pyasn1_modules | pycairo: cairo | pycrypto: Crypto | pycryptodome: Crypto
pycryptodomex: Cryptodome | pydantic: pydantic | pydantic-core: pydantic_core
pydantic-settings: pydantic_settings | pygments: pygments | pygobject: gi | pyhamcrest: hamcrest
pyinstaller: PyInstaller | pyjwt: jwt | pymongo: pymongo bson gridfs | pymupdf: fitz pymupdf
pymysql: pymysql | pynacl: nacl | pyodbc: pyodbc | pyopenssl: OpenSSL | pyparsing: pyparsing
pypdf2: PyPDF2 | pypiwin32: win32api win32con pythoncom | pyqt5: PyQt5 | pyqt6: PyQt6
pyserial: serial | pyside2: PySide2 | pyside6: PySide6 shiboken6 | pysocks: socks sockshandler
pytelegrambotapi: telebot | pytest: pytest _pytest py | pytest-mock: pytest_mock
python-bidi: bidi | python-consul: consul | python-dateutil: dateutil | python-decouple: decouple
python-docx: docx | python-dotenv: dotenv | python-engineio: engineio | python-gitlab: gitlab
python-jenkins: jenkins | python-jose: jose | python-json-logger: pythonjsonlogger
python-keycloak: keycloak | python-ldap: ldap ldif ldapurl | python-levenshtein: Levenshtein
python-magic: magic | python-memcached: memcache | python-multipart: multipart python_multipart
python-nmap: nmap | python-pptx: pptx | python-rapidjson: rapidjson | python-slugify: slugify
python-snappy: snappy | python-socketio: socketio | python-telegram-bot: telegram
python-xlib: Xlib | pytorch-lightning: pytorch_lightning | pytz: pytz | pyusb: usb
pywavelets: pywt | pywin32: win32api win32con win32gui win32file win32event win32service
pywin32: win32serviceutil win32process win32pipe win32security win32com win32clipboard
pywin32: pythoncom pywintypes winerror servicemanager win32pdh win32ui | pywin32: _win32typing
pyyaml: yaml _yaml | pyzmq: zmq | rdkit-pypi: rdkit | redis: redis | regex: regex
requests: requests | rich: rich | rope: rope | ruamel-yaml: ruamel | scikit-image: skimage
scikit-learn: sklearn | scikit-optimize: skopt | scipy: scipy | seaborn: seaborn
sentry-sdk: sentry_sdk | setuptools: setuptools pkg_resources _distutils_hack
simple-websocket: simple_websocket | simplejson: simplejson | six: six | slack-sdk: slack_sdk
slackclient: slack | speechrecognition: speech_recognition | sphinx: sphinx
sqlalchemy: sqlalchemy | sqlalchemy-utils: sqlalchemy_utils | starlette: starlette
stripe: stripe | suds-community: suds | sympy: sympy | tabulate: tabulate | tenacity: tenacity
tensorflow: tensorflow | tensorflow-cpu: tensorflow | tensorflow-gpu: tensorflow | toml: toml
tomli: tomli | tomlkit: tomlkit | toolz: toolz | torch: torch functorch | tornado: tornado
tqdm: tqdm | transformers: transformers | tree-sitter: tree_sitter | twisted: twisted
typer: typer | typing-extensions: typing_extensions | tzlocal: tzlocal | ujson: ujson
umap-learn: umap | unittest2: unittest2 | urllib3: urllib3 | uvicorn: uvicorn | uvloop: uvloop
uwsgi: uwsgi uwsgidecorators | watchdog: watchdog | websocket-client: websocket
werkzeug: werkzeug | wheel: wheel | whitenoise: whitenoise | wrapt: wrapt | wxpython: wx
xarray: xarray | xlrd: xlrd | xmlsec: xmlsec | xmltodict: xmltodict | yarl: yarl
youtube-dl: youtube_dl | yt-dlp: yt_dlp | zope-interface: zope | zstandard: zstandard
"""
# What comes with a distribution for as long as there has been one.
_BRINGS = """
aiohttp: multidict yarl attrs | alembic: sqlalchemy mako | black: click
boto3: botocore s3transfer jmespath python-dateutil urllib3 six
botocore: urllib3 python-dateutil jmespath six | celery: kombu billiard vine click
dask: pyyaml toolz fsspec cloudpickle | django: asgiref sqlparse | djangorestframework: django
fastapi: starlette pydantic typing-extensions anyio
flask: werkzeug jinja2 click itsdangerous markupsafe | flask-sqlalchemy: sqlalchemy flask
httpx: httpcore certifi idna anyio h11 | jinja2: markupsafe
matplotlib: numpy pillow pyparsing packaging python-dateutil six
pandas: numpy python-dateutil six | paramiko: cryptography bcrypt pynacl
pydantic: typing-extensions pydantic-core | pytest: packaging pluggy iniconfig
requests: urllib3 certifi idna charset-normalizer | rich: pygments
scikit-learn: numpy scipy joblib threadpoolctl | scipy: numpy | seaborn: numpy pandas matplotlib
sphinx: docutils jinja2 pygments babel packaging requests | sqlmodel: sqlalchemy pydantic
starlette: anyio | tensorflow: numpy six protobuf absl-py
torch: typing-extensions sympy networkx jinja2 fsspec
transformers: numpy requests pyyaml tqdm packaging regex | transformers: filelock
typer: click rich typing-extensions
"""
# Tools, drivers, and packages that others load by name or ask for.
_NEVER_IMPORTED_NAMES = frozenset(
    [
        "accelerate",
        "adlfs",
        "aiodns",
        "aiohttp",
        "aiomysql",
        "aiosqlite",
        "ansible",
        "argon2-cffi",
        "asyncpg",
        "awscli",
        "babel",
        "bandit",
        "bcrypt",
        "black",
        "bottleneck",
        "brotli",
        "brotlipy",
        "build",
        "ca-certificates",
        "cchardet",
        "certifi",
        "cffi",
        "chardet",
        "charset-normalizer",
        "circus",
        "codecov",
        "colorama",
        "coverage",
        "cryptography",
        "cx-oracle",
        "cython",
        "daphne",
        "ddtrace",
        "debugpy",
        "devtools",
        "dj-database-url",
        "django-debug-toolbar",
        "email-validator",
        "eventlet",
        "fastparquet",
        "flake8",
        "flit",
        "flit-core",
        "flower",
        "fsspec",
        "furo",
        "future",
        "gcsfs",
        "gevent",
        "granian",
        "graphviz",
        "greenlet",
        "grpcio",
        "grpcio-",
        "tools",
        "gunicorn",
        "h2",
        "hatch",
        "hatchling",
        "hiredis",
        "honcho",
        "html5lib",
        "httptools",
        "hypercorn",
        "idna",
        "importlib-",
        "metadata",
        "importlib-resources",
        "ipdb",
        "ipdbplus",
        "ipykernel",
        "ipython",
        "isort",
        "itsdangerous",
        "jinja2",
        "jupyter",
        "jupyterlab",
        "kaleido",
        "keyring",
        "lxml",
        "markupsafe",
        "mkdocs",
        "mkdocstrings",
        "mypy",
        "mysql-connector-python",
        "mysqlclient",
        "ndg-httpsclient",
        "newrelic",
        "notebook",
        "nox",
        "numexpr",
        "numpy",
        "odfpy",
        "openpyxl",
        "oracledb",
        "orjson",
        "pandoc",
        "passlib",
        "pdm",
        "pillow",
        "pip",
        "pip-tools",
        "poetry",
        "poetry-core",
        "pre-commit",
        "protobuf",
        "psutil",
        "psycopg",
        "psycopg-binary",
        "psycopg-pool",
        "psycopg2",
        "psycopg2-binary",
        "pyarrow",
        "pyasn1",
        "pydot",
        "pygments",
        "pylibmc",
        "pylint",
        "pymssql",
        "pymysql",
        "pyodbc",
        "pyopenssl",
        "pypiwin32",
        "pyreadline",
        "pyreadline3",
        "pyright",
        "pysocks",
        "pysqlite3",
        "pysqlite3-binary",
        "pytest",
        "python-dotenv",
        "python-memcached",
        "python-multipart",
        "pytz",
        "pywin32",
        "pyxlsb",
        "redis",
        "ruff",
        "s3fs",
        "safetensors",
        "scout-apm",
        "sentencepiece",
        "sentry-sdk",
        "setuptools",
        "setuptools-scm",
        "six",
        "socksio",
        "sphinx",
        "supervisor",
        "tables",
        "tabulate",
        "tiktoken",
        "tox",
        "tree-sitter",
        "twine",
        "typing",
        "typing-extensions",
        "tzdata",
        "ujson",
        "urllib3",
        "uv",
        "uvicorn",
        "uvloop",
        "uwsgi",
        "waitress",
        "watchfiles",
        "websockets",
        "wheel",
        "whitenoise",
        "windows-",
        "curses",
        "xlrd",
        "xlsxwriter",
        "xlwt",
        "zstandard",
    ]
)
_NEVER_IMPORTED = re.compile(
    r"(pytest|flake8|pylint|mypy|types|sphinx|sphinxcontrib|mkdocs|tox|nox|hatch|poetry|setuptools|"
    r"opentelemetry|nvidia|jupyter|jupyterlab|django|flask|trac|certbot|keyrings|xstatic|"
    r"sqlalchemy)-.*"
    r"|.*-(stubs|plugin|plugins|theme|cli|binary|bin|wheel|meta|driver|dialect)"
)


def _read_table(text: str) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for row in text.replace("\n", "|").strip("|").split("|"):
        name, _, values = row.strip().partition(":")
        found[name] = found.get(name, frozenset()) | frozenset(values.split())
    return found


MODULES = _read_table(_MODULES)
"""Distribution to its top-level modules."""
BRINGS = _read_table(_BRINGS)
"""Distribution to distributions that it needs."""


def is_never_imported(distribution: str) -> bool:
    """Whether a distribution is a tool, a plugin, a driver or one that others import."""
    return distribution in _NEVER_IMPORTED_NAMES or bool(_NEVER_IMPORTED.fullmatch(distribution))
