"""Deploys to a real AWS account: the one that the AWS settings of this shell name.

    python -m tools.deploy [options of `sam deploy`]     e.g. --guided, --stack-name staging

Stack name and manner come from samconfig.toml. `sam` shows what would change and asks before it does it.
"""

import os
import subprocess
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.bootstrap import LOCAL, ROOT, SetupFailed
from tools.stack import sam

NO_CREDENTIALS = """\
There are no AWS credentials that work in this shell ({reason}).
Any one of these helps; then run `make deploy` again:
  aws configure sso && export AWS_PROFILE=<the profile's name>
  export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... AWS_REGION=<region>
To try the product without an account: `make demo` or `make up`."""
NO_REGION = """\
No AWS region is chosen. Set one, then run `make deploy` again:
  export AWS_REGION=eu-central-1"""


def main(options: list[str]) -> int:
    """sam's exit code, or 1 when there is no account to deploy to."""
    try:
        session = boto3.Session()
        region = os.environ.get("AWS_REGION") or session.region_name
        if region is None:
            print(NO_REGION, file=sys.stderr)
            return 1
        account = session.client("sts", region_name=region).get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as reason:
        print(NO_CREDENTIALS.format(reason=reason), file=sys.stderr)
        return 1
    print(f"Deploying to account {account} in {region}.", flush=True)
    home = LOCAL / "aws"
    try:
        if not sam.build_for_aws(home):
            return 1
    except SetupFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    template = str(home / "build" / "template.yaml")
    settings = ["--config-file", str(ROOT / "samconfig.toml"), "--region", region]
    command = sam.command("deploy", "--template-file", template, *settings, *options)
    return subprocess.run(command, env=sam.aws_environment(home), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
