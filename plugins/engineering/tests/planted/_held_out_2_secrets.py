"""Secrets of the second part, where people leave them, beside what only looks like one."""

from __future__ import annotations

import base64
import json
import random
import string

_LETTERS = string.ascii_letters + string.digits


def _draw(length: int, seed: int, letters: str = _LETTERS) -> str:
    return "".join(random.Random(seed).choices(letters, k=length))


def _encode(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


_TERRAFORM = f"""terraform {{
  required_version = ">= 1.6"
}}

variable "db_password" {{
  type      = string
  sensitive = true
}}

provider "aws" {{
  region     = "eu-central-1"
  access_key = "AKIA{_draw(16, 84, string.ascii_uppercase + "234567")}" ⟦aws-key⟧
}}

resource "aws_db_instance" "main" {{
  username = "warehouse"
  password = var.db_password
  kms_key_id = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
}}
"""

_DEPLOY = f"""#!/bin/sh
set -eu

: "${{REGISTRY_TOKEN:?is not set}}"
GH_TOKEN=ghp_{_draw(36, 85)} ⟦github-token⟧
export GH_TOKEN
gh release create "$1" --notes "$(cat notes.txt)"
curl -H "PRIVATE-TOKEN: $REGISTRY_TOKEN" https://gitlab.example/api/v4/projects
curl -H "PRIVATE-TOKEN: glpat-{_draw(20, 86)}" https://gitlab.com/api/v4/projects ⟦gitlab-token⟧
git log --format=%H -1 # 3f786850e387550fdab836ed7e6dc881de23001b
"""

_DJANGO_SETTINGS = f'''"""Settings of the {{b}} site."""

import os

import dj_database_url

SECRET_KEY = os.environ["SECRET_KEY"]
DATABASES = {{
    "default": dj_database_url.parse(os.environ["DATABASE_URL"]),
    "archive": dj_database_url.parse(
        "postgres://archive:{_draw(14, 87)}9@pg-2.internal.{{b}}.io:5432/archive" ⟦url-password⟧
    ),
}}
EXAMPLE_URL = "postgres://user:password@localhost:5432/name"
EMAIL_HOST_PASSWORD = "vN4#hKq82!zRw" ⟦password⟧
AUTH_PASSWORD_VALIDATORS = [
    {{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"}},
]
PASSWORD_RESET_TIMEOUT = 3600
'''

_PHP = f"""<?php

return [
    'currency' => 'eur',
    'stripe' => [
        'public' => 'pk_live_{_draw(24, 88)}',
        'secret' => 'sk_live_{_draw(24, 89)}', ⟦stripe-key⟧
        'webhook' => env('STRIPE_WEBHOOK_SECRET'),
    ],
    'test' => ['secret' => getenv('STRIPE_TEST_KEY') ?: 'sk_test_replace_me'],
];
"""

_PROPERTIES = """spring.datasource.url=jdbc:postgresql://db:5432/stock
spring.datasource.username=stock
spring.datasource.password=Hx7!pq92_Lmv ⟦password⟧
spring.rabbitmq.password=${RABBIT_PASSWORD}
spring.mail.password=changeme
management.endpoints.password-policy=strict
"""

_TOKEN = ".".join(
    (
        _encode({"alg": "HS256", "typ": "JWT"}),
        _encode({"sub": "stock-service", "iss": "login.stock.io", "iat": 1735689600}),
        _draw(43, 90),
    )
)
_POSTMAN = f"""{{
  "info": {{"name": "stock", "_postman_id": "5f2c1f0e-7d1f-4f0e-9a0b-2a64b6a9f001"}},
  "auth": {{
    "type": "bearer",
    "bearer": [{{"key": "token", "value": "{_TOKEN}"}}] ⟦jwt⟧
  }},
  "variable": [{{"key": "token", "value": "{{{{login_token}}}}"}}]
}}
"""

# DER of an EC key is 121 bytes long: 119 after its header (RFC 5915).
_EC_KEY = base64.b64encode(
    bytes([0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20]) + random.Random(92).randbytes(114)
).decode()
_SECRET_YAML = f"""apiVersion: v1
kind: ConfigMap
metadata:
  name: stock-signing
data:
  log.level: info
  public.pem: |
    -----BEGIN PUBLIC KEY-----
    {_draw(64, 91)}
    -----END PUBLIC KEY-----
  signing.pem: |
    -----BEGIN EC PRIVATE KEY----- ⟦private-key⟧
    {_EC_KEY[:64]}
    {_EC_KEY[64:128]}
    {_EC_KEY[128:]}
    -----END EC PRIVATE KEY-----
"""

_MAILER_RB = f"""# frozen_string_literal: true

Rails.application.configure do
  config.action_mailer.smtp_settings = {{
    user_name: "apikey",
    password: ENV.fetch("SENDGRID_API_KEY"),
    domain: "stock.example"
  }}
  config.x.fallback_key = "SG.{_draw(22, 95)}.{_draw(43, 96)}" ⟦sendgrid-key⟧
  config.x.sample_key = "SG.xxxxxxxxxxxxxxxxxxxxxx.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
end
"""

SENIOR: dict[str, str] = {
    "stockroom/infra/main.tf": _TERRAFORM,
    "stockroom/bin/release.sh": _DEPLOY,
    "stockroom/site/settings.py": _DJANGO_SETTINGS,
    "stockroom/site/requirements.txt": "django==5.1.4\ndj-database-url==2.3.0\n",
    "stockroom/config/payment.php": _PHP,
    "stockroom/src/main/resources/application.properties": _PROPERTIES,
    "stockroom/api/stock.postman_collection.json": _POSTMAN,
    "stockroom/k8s/signing.yaml": _SECRET_YAML,
    "stockroom/config/environments/production.rb": _MAILER_RB,
}
