"""A change that somebody else makes during a case: python -m tamper http://127.0.0.1:PORT CHANGE ARGUMENT…

groups INTERFACE GROUP   the interface is in this group alone
tag RESOURCE KEY VALUE   the resource has this tag
"""

import sys

from control import Account, Control

SOURCE = "111111111111"


def groups(account, interface, group):
    account.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[group])


def tag(account, resource, key, value):
    account.ec2.create_tags(Resources=[resource], Tags=[{"Key": key, "Value": value}])


CHANGES = {"groups": groups, "tag": tag}


def main():
    """Make one change with setup keys: it is not in the program's part of the call log."""
    if len(sys.argv) < 3 or sys.argv[2] not in CHANGES:
        sys.exit(__doc__)
    keys = Control(sys.argv[1])("user", account=SOURCE, name="somebody-else", setup=True)
    CHANGES[sys.argv[2]](Account(sys.argv[1], keys), *sys.argv[3:])


if __name__ == "__main__":
    main()
