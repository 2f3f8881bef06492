"""Python of the second part that nobody who wrote the tools had seen: services, jobs, a library."""

from __future__ import annotations

_TASKS = r'''"""Background jobs of the {a} warehouse, started by Celery beat."""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import random
import re
import secrets
import subprocess
import tarfile
import tempfile
import threading
from collections import defaultdict
from itertools import groupby
from operator import attrgetter

import paramiko
import requests
import yaml
from celery import shared_task
from django.core.cache import cache
from django.db import connection, transaction

from warehouse.models import Pallet, Shipment

logger = logging.getLogger(__name__)

_REPORT_COLUMNS = ("sku", "weight", "arrived_at")
_registry_lock = threading.Lock()
_registry: dict[str, int] = {}


class CarrierError(RuntimeError):
    """A carrier refused a shipment."""

    def __init__(self, carrier: str, status: int) -> None:
        super().__init__(f"{carrier} answered {status}")
        self.carrier = carrier


class Backoff:
    """Waits longer each time, with some jitter so that workers do not march in step."""

    __slots__ = ("attempt", "ceiling")

    def __init__(self, ceiling: float) -> None:
        self.ceiling = ceiling
        self.attempt = 0
        self.last_delay = 0.0 ⟦not-in-slots⟧

    def next_delay(self) -> float:
        self.attempt += 1
        return min(self.ceiling, random.uniform(0.5, 1.5) * 2**self.attempt)


@shared_task(bind=True, max_retries=3)
def import_manifest(self, path: str) -> int:
    with open(path, encoding="utf-8") as stream:
        manifest = yaml.load(stream, Loader=yaml.Loader) ⟦unsafe-yaml⟧
    with open(path + ".defaults", encoding="utf-8") as stream:
        defaults = yaml.load(stream, Loader=yaml.CSafeLoader)
    imported = 0
    for row in manifest["pallets"]:
        merged = {**defaults, **row}
        try:
            with transaction.atomic():
                Pallet.objects.create(**merged)
        except ValueError as error:
            logger.warning("Pallet %s of %s is refused: %s", row.get("sku"), path, error)
            continue
        except: ⟦bare-except⟧
            pass
        imported += 1
    return imported


def pallets_of(sku: str, since: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, weight FROM pallet WHERE sku = '%s'" % sku) ⟦sql-from-text⟧
        rows = cursor.fetchall()
        cursor.execute("SELECT id, weight FROM pallet WHERE arrived_at > %s", [since])
        rows += cursor.fetchall()
        cursor.execute(f"SELECT {', '.join(_REPORT_COLUMNS)} FROM pallet ORDER BY sku")
        return rows + cursor.fetchall()


def search(term: str):
    return Pallet.objects.raw("SELECT * FROM pallet WHERE note = '" + term + "'") ⟦sql-from-text⟧


@shared_task
def print_label(shipment_id: int, printer: str) -> None:
    shipment = Shipment.objects.get(pk=shipment_id)
    with tempfile.NamedTemporaryFile(suffix=".zpl") as label:
        label.write(shipment.as_zpl())
        label.flush()
        subprocess.run(["lp", "-d", printer, label.name], check=True, timeout=30)
    if shipment.is_express:
        os.system(f"notify-send 'Express {shipment.reference} on {printer}'") ⟦shell-command⟧


def purge_labels(folder: str) -> str:
    subprocess.check_call("find /var/spool/labels -mtime +30 -delete", shell=True)
    return subprocess.check_output("du -s {}".format(folder), shell=True, text=True) ⟦shell-command⟧


@shared_task
def push_to_carrier(shipment_id: int) -> str:
    shipment = Shipment.objects.select_related("carrier").get(pk=shipment_id)
    payload = {"ref": shipment.reference, "weight": float(shipment.weight)}
    answer = requests.post(shipment.carrier.endpoint, json=payload, timeout=(3, 20))
    if answer.status_code == 401:
        token = requests.get(shipment.carrier.token_url).json()["token"] ⟦no-timeout⟧
        cache.set("carrier-token", token, 600)
    elif answer.status_code >= 500:
        CarrierError(shipment.carrier.name, answer.status_code) ⟦exception-not-raised⟧
    return answer.text


def fetch_proofs(host: str, user: str, target: str) -> None:
    client = paramiko.SSHClient()
    client.load_system_host_keys()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy()) ⟦no-host-key-check⟧
    client.connect(host, username=user, timeout=10)
    with client.open_sftp() as sftp:
        sftp.get("proofs.tar.gz", "/tmp/proofs.tar.gz")
    with tarfile.open("/tmp/proofs.tar.gz") as archive:
        archive.extractall(target, filter="data")


def read_session(key: str):
    raw = cache.get(f"session:{key}")
    return None if raw is None else pickle.loads(raw) ⟦unpickling⟧


def reset_code() -> str:
    return str(random.randint(100000, 999999)) ⟦guessable-secret⟧


def invitation_code() -> str:
    return "".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(10))


def legacy_digest(password: str, salt: str) -> str:
    return hashlib.sha1((salt + password).encode()).hexdigest() ⟦weak-hash⟧


def etag(chunks) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def register(name: str) -> int:
    with threading.Lock(): ⟦useless-lock⟧
        _registry[name] = _registry.get(name, 0) + 1
    return _registry[name]


def unregister(name: str) -> None:
    with _registry_lock:
        _registry.pop(name, None)


def by_carrier(shipments) -> dict:
    ordered = sorted(shipments, key=attrgetter("carrier_id"))
    groups = dict(groupby(ordered, key=attrgetter("carrier_id"))) ⟦spent-groupby⟧
    counts = {key: sum(1 for _ in group) for key, group in groupby(ordered, key=attrgetter("zone"))}
    return {"groups": groups, "counts": counts}


def clean_reference(text: str) -> str:
    text = re.sub(r"^ref[:.]\s*", "", text, flags=re.IGNORECASE)
    return re.sub(r"[^a-z0-9-]", "", text, re.IGNORECASE) ⟦flags-as-count⟧


def shelves(zones: list[str]) -> dict[str, list[str]]:
    filled = dict.fromkeys(zones, []) ⟦shared-mutable⟧
    seen = dict.fromkeys(zones, 0)
    for pallet in Pallet.objects.all():
        seen[pallet.zone] += 1
        filled[pallet.zone].append(pallet.sku)
    logger.info("%d zones, %d pallets, most %s", len(zones), sum(seen.values())) ⟦broken-log-call⟧
    return filled


def weights(shipments) -> defaultdict:
    found = defaultdict(default_factory=list) ⟦factory-as-keyword⟧
    for one in shipments:
        found[one.zone].append(one.weight)
    return found
'''

_API = r'''import asyncio
import logging
import math
import os
import ssl
import subprocess
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import httpx
import requests
from fastapi import APIRouter, FastAPI, HTTPException, Request

__all__ = ["router", "create_app", "Quotation"] ⟦undefined-export⟧

log = logging.getLogger("{a}.api")
router = APIRouter(prefix="/v2")
_running: set[asyncio.Task[None]] = set()
_issued = 0


@dataclass
class Quote:
    """What a carrier asks for a parcel; money in cents."""

    cents: int
    carrier: str = ""
    extras: list[str] = field(default_factory=list)
    currency: str = "EUR"
    carrier: str = "unknown" ⟦duplicate-field⟧

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quote) and self.cents == other.cents


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.http = httpx.AsyncClient(timeout=10, verify=False) ⟦no-certificate-check⟧
    try:
        yield
    finally:
        await app.state.http.aclose()


def create_app() -> FastAPI:
    app = FastAPI(lifespan=lifespan)
    app.include_router(router)
    return app


async def _relay(carrier: str, body: bytes) -> None:
    connector = aiohttp.TCPConnector(limit=4, ssl=ssl.create_default_context())
    async with aiohttp.ClientSession(connector=connector) as session:
        await session.post(f"https://relay.example/{carrier}", data=body)


@router.post("/hooks/{carrier}")
async def carrier_hook(carrier: str, request: Request) -> dict[str, str]:
    body = await request.body()
    if not body:
        raise HTTPException(status_code=400, detail="empty")
    if request.headers.get("x-mirror"):
        asyncio.create_task(_relay(carrier, body)) ⟦dangling-task⟧
    task = asyncio.create_task(_relay(carrier, body))
    _running.add(task)
    task.add_done_callback(_running.discard)
    return {"status": "accepted"}


@router.get("/quotes")
async def quotes(weight: float, request: Request) -> list[Quote]:
    if weight == float("nan"): ⟦nan-comparison⟧
        raise HTTPException(422)
    if math.isnan(weight) or weight <= 0:
        raise HTTPException(422)
    found: list[Quote] = []
    for attempt in range(3):
        try:
            answer = await request.app.state.http.get("/rates", params={"kg": weight})
            found = [Quote(**one) for one in answer.json()]
            break
        except httpx.TransportError:
            log.warning("attempt %s failed", attempt)
            time.sleep(2**attempt) ⟦blocking-call-in-async⟧
        except ValueError:
            raise HTTPException(502) from None
        except ValueError: ⟦duplicate-except⟧
            raise HTTPException(503) from None
    return found


@router.get("/label/{parcel}")
async def label(parcel: int) -> dict[str, Any]:
    def convert() -> bytes:
        time.sleep(0.1)
        return subprocess.run(["zpl2pdf", str(parcel)], capture_output=True, timeout=20).stdout

    picture = await asyncio.to_thread(convert)
    logo = requests.get("https://cdn.example/logo.png", timeout=3).content ⟦blocking-call-in-async⟧
    return {"size": len(picture) + len(logo)}


def settle(amounts: list[int], strict: bool = False) -> int:
    try:
        total = sum(amounts)
        if strict and total < 0:
            raise ValueError("negative")
        return total
    except TypeError:
        log.error("%r cannot be summed", amounts)
        raise
    finally:
        if not strict:
            return 0 ⟦jump-in-finally⟧


def callbacks(carriers: list[str]) -> list[Any]:
    built = []
    for name in carriers:
        built.append(lambda body: _relay(name, body)) ⟦late-loop-variable⟧
    bound = [lambda body, name=name: _relay(name, body) for name in carriers]
    return built + bound


def discount(code: str, used=set()) -> int: ⟦mutable-default⟧
    if code in used:
        return 0
    used.add(code)
    if code is "SPRING": ⟦is-literal⟧
        return 15
    rates = {
        "SUMMER": 10,
        "AUTUMN": 5,
        "WINTER": 5,
        "SUMMER": 12, ⟦repeated-key⟧
    }
    assert (rates[code] < 20, "discounts stay below a fifth") ⟦always-true-tuple⟧
    return rates[code]


def region_of(postcode: str, *, known: tuple[str, ...] = ()) -> str:
    region = ""
    for prefix in known:
        if postcode.startswith(prefix):
            region = prefix
    return region


def next_number() -> int:
    _issued += 1 ⟦unbound-local⟧
    return _issued


def reset_numbers() -> None:
    global _issued
    _issued = 0


def isolate(extra: dict[str, str]) -> None:
    saved = dict(os.environ)
    saved.update(extra)
    os.environ = saved ⟦environ-replaced⟧
    os.environ.setdefault("TZ", "UTC")
'''

SENIOR: dict[str, str] = {
    "freight/warehouse/tasks.py": _TASKS,
    "freight/warehouse/api.py": _API,
}
