"""How to reach an S3 server of a test."""

import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3  # type: ignore[import-untyped]  # ships no types
from botocore.config import Config  # type: ignore[import-untyped]  # ships no types


@dataclass(frozen=True)
class S3Server:
    endpoint: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"

    @property
    def options(self) -> dict[str, str]:
        """The credentials, as `open_store` takes them."""
        return {"access_key_id": self.access_key, "secret_access_key": self.secret_key}

    @property
    def environment(self) -> dict[str, str]:
        """The credentials, as a server process takes them."""
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}

    @cached_property
    def client(self) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.region,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )

    def new_bucket(self, prefix: str = "") -> str:
        """Make a bucket and return the address of a store in it."""
        bucket = f"test-{uuid.uuid4().hex}"
        self.client.create_bucket(Bucket=bucket)
        return f"s3://{bucket}/{prefix}?endpoint={self.endpoint}&region={self.region}"
