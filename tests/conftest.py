"""Tests never see the AWS settings of whoever runs them."""

from tests.support.servers import dynamodb_endpoint, forget_aws_settings, stack

__all__ = ["dynamodb_endpoint", "stack"]

forget_aws_settings()
