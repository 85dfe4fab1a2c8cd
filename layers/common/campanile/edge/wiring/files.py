"""The bucket, and the queue of the work on its files."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from campanile.adapters.bucket import Bucket
from campanile.adapters.work_queue import WorkQueue
from campanile.edge.wiring import foundation


@cache
def bucket() -> Bucket:
    # A link leads to the bucket's own region, as the global name does not know new buckets; emulators know paths only.
    is_emulated = foundation.configured().aws_endpoint_url
    addressed: Any = {"addressing_style": "path" if is_emulated else "virtual"}
    config = foundation.CONNECTIONS.merge(Config(signature_version="s3v4", s3=addressed))
    return Bucket(boto3.client("s3", config=config), foundation.configured().required("bucket"))


@cache
def work_queue() -> WorkQueue:
    client = boto3.client("sqs", config=foundation.CONNECTIONS)
    return WorkQueue(client, foundation.configured().required("work_queue_url"))
