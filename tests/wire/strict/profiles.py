"""Instance profile associations.

AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IamInstanceProfileAssociation.html
(states associating, associated, disassociating, disassociated; their timing is not verified)
"""

from moto.ec2.exceptions import IncorrectStateIamProfileAssociationError
from moto.ec2.models import EC2Backend
from moto.ec2.models.iam_instance_profile import IamInstanceProfileAssociation
from moto.ec2.utils import filter_iam_instance_profile_associations, random_iam_instance_profile_association_id

from .instances import must_be_alive
from .knobs import KNOBS, age, born, flag
from .patching import replaces
from .refusals import Refused


def leaving(backend):
    """Associations that are still being taken off."""
    if not hasattr(backend, "_leaving_profiles"):
        backend._leaving_profiles = []
    backend._leaving_profiles = [a for a in backend._leaving_profiles if age(a._left) < KNOBS.settle]
    return backend._leaving_profiles


def association_state(association):
    if association._left is not None:
        return "disassociating"
    return "associated" if age(association._born) >= KNOBS.settle else "associating"


@replaces(IamInstanceProfileAssociation, "__init__")
def begin(original, self, ec2_backend, association_id, instance, iam_instance_profile):
    """The instance shows the id of the profile; moto shows that of the association."""
    self._born, self._left = born(), None
    original(self, ec2_backend, association_id, instance, iam_instance_profile)
    instance.iam_instance_profile = {"Arn": iam_instance_profile.arn, "Id": iam_instance_profile.id}


IamInstanceProfileAssociation.state = property(association_state, lambda association, value: None)


def of_association(backend, association_id):
    found = [a for a in backend.iam_instance_profile_associations.values() if a.association_id == association_id]
    return found[0] if found else None


@replaces(EC2Backend)
def associate_iam_instance_profile(original, self, instance_id, *args, **kwargs):
    """AWS: one profile at a time; the old one must be gone, not going."""
    must_be_alive(self, instance_id)
    if any(association.instance_id == instance_id for association in leaving(self)):
        raise IncorrectStateIamProfileAssociationError(instance_id)
    return original(self, instance_id, *args, **kwargs)


@replaces(EC2Backend)
def disassociate_iam_instance_profile(original, self, association_id):
    association = original(self, association_id)
    association._left = 0.0 if flag("terminating") else born()
    leaving(self).append(association)
    return association


@replaces(EC2Backend)
def replace_iam_instance_profile_association(original, self, association_id, *args, **kwargs):
    """AWS: for a running instance; gives a new association id and changes the instance. moto does neither.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceIamInstanceProfileAssociation.html
    """
    old = of_association(self, association_id)
    if old is not None and old.instance.state != "running":
        raise Refused("IncorrectInstanceState", f"The instance '{old.instance_id}' is not running")  # code not verified
    before = old.iam_instance_profile if old is not None else None
    found = original(self, association_id, *args, **kwargs)
    new = IamInstanceProfileAssociation(self, random_iam_instance_profile_association_id(),
                                        found.instance, found.iam_instance_profile)
    self.iam_instance_profile_associations[found.instance_id] = new
    found.iam_instance_profile, found._left = before, born()
    leaving(self).append(found)
    return new


@replaces(EC2Backend)
def describe_iam_instance_profile_associations(original, self, association_ids, filters=None, *args, **kwargs):
    """Those being taken off are shown until they are gone."""
    found, token = original(self, association_ids, filters, *args, **kwargs)
    going = [a for a in leaving(self) if not association_ids or a.association_id in association_ids]
    return found + filter_iam_instance_profile_associations(going, filters), token
