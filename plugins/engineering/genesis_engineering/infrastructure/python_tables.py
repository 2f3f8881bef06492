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
# What the releases of recent years bring along without an extra, as their metadata says.
_BRINGS = """
aiobotocore: aiohttp botocore wrapt | aiohttp: aiosignal attrs frozenlist multidict yarl
alembic: mako sqlalchemy typing-extensions | ansible: ansible-core
ansible-core: cryptography jinja2 packaging pyyaml resolvelib
anthropic: anyio distro httpx pydantic typing-extensions | anyio: idna
azure-core: requests typing-extensions | azure-identity: azure-core cryptography msal
azure-storage-blob: azure-core cryptography isodate typing-extensions | beautifulsoup4: soupsieve
black: click mypy-extensions packaging pathspec platformdirs
boto3: botocore jmespath python-dateutil s3transfer six urllib3
botocore: jmespath python-dateutil six urllib3 | celery: billiard click kombu python-dateutil vine
channels: asgiref django | channels-redis: asgiref channels msgpack redis
cookiecutter: arrow binaryornot click jinja2 python-slugify pyyaml requests rich
cryptography: cffi | dash: flask plotly werkzeug
dask: click cloudpickle fsspec packaging partd pyyaml toolz
datasets: dill filelock fsspec huggingface-hub multiprocess numpy packaging pandas pyarrow
datasets: pyyaml tqdm xxhash | discord-py: aiohttp
distributed: click cloudpickle dask jinja2 msgpack psutil pyyaml sortedcontainers tblib toolz
distributed: tornado zict | django: asgiref sqlparse | django-allauth: django
django-cors-headers: asgiref django | django-debug-toolbar: django sqlparse
django-extensions: django | django-filter: django | django-redis: django redis
django-storages: django | djangorestframework: django
djangorestframework-simplejwt: django djangorestframework pyjwt | docker: requests urllib3
drf-spectacular: django djangorestframework inflection jsonschema pyyaml uritemplate
elastic-transport: certifi urllib3 | elasticsearch: elastic-transport | eventlet: dnspython greenlet
fabric: invoke paramiko | fastapi: anyio pydantic starlette typing-extensions
flake8: mccabe pycodestyle pyflakes | flask: blinker click itsdangerous jinja2 markupsafe werkzeug
flask-cors: flask werkzeug | flask-login: flask werkzeug
flask-migrate: alembic flask flask-sqlalchemy | flask-restful: aniso8601 flask pytz six
flask-socketio: flask python-socketio | flask-sqlalchemy: flask sqlalchemy
flask-wtf: flask itsdangerous wtforms | geopandas: numpy packaging pandas pyproj shapely
gevent: greenlet zope-event zope-interface | gitdb: smmap | gitpython: gitdb
google-api-core: google-auth googleapis-common-protos protobuf requests
google-api-python-client: google-api-core google-auth google-auth-httplib2 httplib2 uritemplate
google-auth: pyasn1-modules | google-cloud-core: google-api-core google-auth
google-cloud-storage: google-api-core google-auth google-cloud-core google-resumable-media requests
grpcio-tools: grpcio protobuf setuptools | httpcore: certifi h11 | httplib2: pyparsing
httpx: anyio certifi h11 httpcore idna
huggingface-hub: filelock fsspec packaging pyyaml tqdm typing-extensions
hypothesis: sortedcontainers
ipykernel: ipython jupyter-client jupyter-core psutil pyzmq tornado traitlets
ipython: jedi matplotlib-inline prompt-toolkit pygments stack-data traitlets
jinja2: markupsafe | jsonpatch: jsonpointer | jsonschema: attrs
jupyter-client: jupyter-core python-dateutil pyzmq tornado traitlets
jupyter-core: platformdirs traitlets | kombu: amqp vine
kubernetes: certifi python-dateutil pyyaml requests requests-oauthlib six urllib3 websocket-client
langchain: langchain-core pydantic
langchain-core: jsonpatch langsmith packaging pydantic pyyaml tenacity typing-extensions
lightgbm: numpy scipy | locust: flask gevent geventhttpclient msgpack psutil pyzmq requests werkzeug
markdown-it-py: mdurl
matplotlib: contourpy cycler fonttools kiwisolver numpy packaging pillow pyparsing
matplotlib: python-dateutil six
mkdocs: click ghp-import jinja2 markdown mergedeep packaging pathspec pyyaml watchdog
mkdocs-material: babel jinja2 markdown mkdocs pygments pymdown-extensions requests
moto: boto3 botocore cryptography jinja2 python-dateutil requests responses werkzeug xmltodict
msal: cryptography pyjwt requests | mypy: mypy-extensions typing-extensions
nbconvert: bleach jinja2 jupyter-core markupsafe mistune nbformat packaging pygments traitlets
nbformat: fastjsonschema jsonschema jupyter-core traitlets | nltk: click joblib regex tqdm
numba: llvmlite numpy | openai: anyio distro httpx pydantic tqdm typing-extensions
openpyxl: et-xmlfile | pandas: numpy python-dateutil pytz six | paramiko: bcrypt cryptography pynacl
parsel: cssselect lxml w3lib | playwright: greenlet pyee | praw: prawcore websocket-client
prawcore: requests | pre-commit: cfgv identify nodeenv pyyaml virtualenv
pydantic: annotated-types pydantic-core typing-extensions | pydantic-core: typing-extensions
pydantic-settings: pydantic python-dotenv | pygithub: pyjwt pynacl requests
pylint: astroid dill isort mccabe platformdirs tomlkit | pymongo: dnspython | pynacl: cffi
pyopenssl: cryptography
pyramid: hupper plaster translationstring venusian webob zope-deprecation zope-interface
pytest: iniconfig packaging pluggy | pytest-asyncio: pytest | pytest-cov: coverage pytest
python-dateutil: six | python-docx: lxml | python-engineio: simple-websocket
python-gitlab: requests requests-toolbelt | python-pptx: lxml pillow xlsxwriter
python-socketio: bidict python-engineio | python-telegram-bot: httpx | reportlab: pillow
requests: certifi charset-normalizer idna urllib3 | requests-oauthlib: oauthlib requests
requests-toolbelt: requests | responses: pyyaml requests urllib3 | rich: markdown-it-py pygments
s3fs: aiobotocore aiohttp fsspec | s3transfer: botocore
scikit-image: imageio lazy-loader networkx numpy packaging pillow scipy tifffile
scikit-learn: joblib numpy scipy threadpoolctl | scipy: numpy
scrapy: cryptography cssselect itemadapter itemloaders lxml parsel pyopenssl queuelib
scrapy: service-identity tldextract twisted w3lib zope-interface | seaborn: matplotlib numpy pandas
selenium: certifi trio trio-websocket typing-extensions urllib3 | sentry-sdk: certifi urllib3
slack-bolt: slack-sdk
sphinx: alabaster babel docutils imagesize jinja2 packaging pygments requests snowballstemmer
sqlalchemy: typing-extensions | sqlmodel: pydantic sqlalchemy | starlette: anyio
statsmodels: numpy packaging pandas patsy scipy
streamlit: altair click numpy packaging pandas pillow protobuf pyarrow requests tenacity toml
streamlit: tornado typing-extensions
tensorflow: absl-py h5py keras numpy packaging protobuf requests six typing-extensions wrapt
textual: markdown-it-py platformdirs rich typing-extensions
torch: filelock fsspec jinja2 networkx sympy typing-extensions | torchvision: numpy pillow torch
tox: cachetools filelock packaging platformdirs pluggy virtualenv
transformers: filelock huggingface-hub numpy packaging pyyaml regex requests safetensors tokenizers
transformers: tqdm | trio: attrs idna outcome sniffio sortedcontainers
twisted: attrs automat constantly hyperlink incremental typing-extensions zope-interface
typer: click rich shellingham typing-extensions | uvicorn: click h11
virtualenv: distlib filelock platformdirs | werkzeug: markupsafe | wtforms: markupsafe
xarray: numpy packaging pandas | xgboost: numpy scipy
zeep: attrs isodate lxml platformdirs pytz requests requests-file requests-toolbelt
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
