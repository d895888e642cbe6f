"""The smaller reads of a capture."""

import base64
import io
import json
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.parsers import create_parser
from botocore.serialize import RpcV2CBORSerializer
from control import REGION

from .base import Case


class Reads(Case):
    def test_console(self):
        """Output in base64, a screenshot in base64 JPEG.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html, API_GetConsoleScreenshot.html
        """
        output = self.source.ec2.get_console_output(InstanceId=self.s["instance"])
        self.assertIn("Linux", output["Output"])
        picture = self.source.ec2.get_console_screenshot(InstanceId=self.s["instance"])["ImageData"]
        self.assertEqual(base64.b64decode(picture)[:2], b"\xff\xd8")

    def test_serial_console(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetSerialConsoleAccessStatus.html"""
        self.assertFalse(self.source.ec2.get_serial_console_access_status()["SerialConsoleAccessEnabled"])

    def test_status_types_flow_logs_endpoints(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html, API_DescribeInstanceTypes.html, API_DescribeFlowLogs.html"""
        ec2 = self.source.ec2
        status = ec2.describe_instance_status(InstanceIds=[self.s["instance"]])["InstanceStatuses"][0]
        self.assertEqual((status["InstanceState"]["Name"], status.get("Events", [])), ("running", []))
        kind = ec2.describe_instance_types(InstanceTypes=["m5.large"])["InstanceTypes"][0]
        self.assertEqual(kind["Hypervisor"], "nitro")
        self.assertEqual(ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [self.s["vpc"]]}])["FlowLogs"], [])
        self.assertEqual(ec2.describe_vpc_endpoints()["VpcEndpoints"], [])

    def test_volumes_and_their_attachments(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html"""
        rows = self.source.ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [self.s["instance"]]}])["Volumes"]
        seen = {row["VolumeId"]: (row["Encrypted"], row.get("KmsKeyId"), row["State"], row["VolumeType"]) for row in rows}
        volumes = self.s["volumes"]
        self.assertEqual(seen[volumes["root"]], (False, None, "in-use", "gp3"))
        self.assertEqual(seen[volumes["customer_key"]][:2], (True, self.s["customer_key"]))
        self.assertTrue(seen[volumes["default_key"]][0])
        self.assertEqual(len(seen), 3)
        kept = {row["VolumeId"]: row["Attachments"][0]["DeleteOnTermination"] for row in rows}
        self.assertEqual(kept, {volumes["root"]: True, volumes["customer_key"]: False, volumes["default_key"]: False})

    def test_tags(self):
        """Reserved prefix, unknown resources, deletion.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html, API_DeleteTags.html
        """
        ec2, name = self.source.ec2, self.s["instance"]

        def read():
            rows = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [name]}])["Tags"]
            return {row["Key"]: row["Value"] for row in rows if row["Key"].startswith("impound")}
        ec2.create_tags(Resources=[name, self.s["volumes"]["root"]], Tags=[{"Key": "impound:case", "Value": "7"}])
        self.assertEqual(read(), {"impound:case": "7"})
        ec2.create_tags(Resources=[name], Tags=[{"Key": "impound:case", "Value": "8"}])
        self.assertEqual(read(), {"impound:case": "8"})
        ec2.delete_tags(Resources=[name], Tags=[{"Key": "impound:case"}])
        self.assertEqual(read(), {})
        with self.refused("InvalidParameterValue"):
            ec2.create_tags(Resources=[name], Tags=[{"Key": "aws:mine", "Value": "x"}])
        with self.refused("InvalidVolume.NotFound"):
            ec2.create_tags(Resources=["vol-00000000000000000"], Tags=[{"Key": "a", "Value": "x"}])

    def test_alarms_by_action(self):
        """ActionPrefix.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
        """
        found = self.source.cloudwatch.describe_alarms(ActionPrefix="arn:aws:automate:us-east-1:ec2:")["MetricAlarms"]
        self.assertEqual([(row["AlarmName"], row["Dimensions"]) for row in found],
                         [(self.s["alarm"], [{"Name": "InstanceId", "Value": self.s["instance"]}])])
        self.assertEqual(found[0]["Threshold"], 1.0)
        self.assertEqual(self.source.cloudwatch.describe_alarms(ActionPrefix="arn:aws:sns")["MetricAlarms"], [])

    def test_alarms_in_cbor(self):
        """The protocol that newer SDKs choose for CloudWatch.

        https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
        """
        model = self.source.cloudwatch.meta.service_model
        operation = model.operation_model("DescribeAlarms")
        plan = RpcV2CBORSerializer().serialize_to_request({"ActionPrefix": "arn:aws:automate:"}, operation)

        def send():
            request = AWSRequest("POST", self.endpoint + "/service/GraniteServiceVersion20100801/operation/DescribeAlarms",
                                 {**plan["headers"], "Content-Type": "application/cbor"}, bytes(plan["body"]))
            keys = self.source.keys
            credentials = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
            SigV4Auth(credentials, "monitoring", REGION).add_auth(request)
            try:
                answer = urllib.request.urlopen(urllib.request.Request(request.url, request.body, dict(request.headers)))
            except urllib.error.HTTPError as problem:
                answer = problem
            parts = {"status_code": answer.status, "headers": dict(answer.headers), "body": io.BytesIO(answer.read()).getvalue()}
            return create_parser("smithy-rpc-v2-cbor").parse(parts, operation.output_shape)
        found = send()["MetricAlarms"]
        self.assertEqual([(row["AlarmName"], row["Threshold"], row["ActionsEnabled"]) for row in found], [(self.s["alarm"], 1.0, True)])
        self.assertEqual(found[0]["AlarmConfigurationUpdatedTimestamp"].year, found[0]["StateUpdatedTimestamp"].year)
        self.control("deny", account=self.s["account"], actions=["cloudwatch:Describe*"])
        self.assertEqual(send()["Error"]["Code"], "AccessDeniedException")

    def test_registered_agents(self):
        """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html"""
        where = [{"Key": "InstanceIds", "Values": [self.s["instance"]]}]
        self.assertEqual(self.source.ssm.describe_instance_information(Filters=where)["InstanceInformationList"], [])
        self.control("agent", account=self.s["account"], instance=self.s["instance"])
        rows = self.source.ssm.describe_instance_information(Filters=where)["InstanceInformationList"]
        self.assertEqual([(row["InstanceId"], row["PingStatus"]) for row in rows], [(self.s["instance"], "Online")])


class Trail(Case):
    def look(self, *attributes, **more):
        named = [{"AttributeKey": key, "AttributeValue": value} for key, value in attributes]
        return self.source.cloudtrail.lookup_events(LookupAttributes=named, **more)

    def test_by_user_name(self):
        """The session name of an instance's role is its id.

        https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
        """
        rows = self.look(("Username", self.s["instance"]))["Events"]
        self.assertEqual([(row["EventName"], row["Username"]) for row in rows], [("ListBuckets", self.s["instance"])])
        self.assertEqual(json.loads(rows[0]["CloudTrailEvent"])["userIdentity"]["type"], "AssumedRole")

    def test_by_resource_name(self):
        """API_LookupEvents.html"""
        self.source.ec2.modify_instance_attribute(InstanceId=self.s["instance"], DisableApiStop={"Value": True})
        newest = self.look(("ResourceName", self.s["instance"]))["Events"][0]
        self.assertEqual((newest["EventName"], newest["Username"]), ("ModifyInstanceAttribute", "test"))

    def test_one_attribute_and_fifty_rows(self):
        """"Currently the list can contain only one item"; MaxResults 1 to 50. API_LookupEvents.html"""
        with self.refused("InvalidLookupAttributesException"):
            self.look(("Username", "a"), ("ResourceName", "b"))
        page = self.source.cloudtrail.lookup_events()
        self.assertEqual(len(page["Events"]), 50)
        more = self.source.cloudtrail.lookup_events(NextToken=page["NextToken"])["Events"]
        self.assertNotEqual(more[0]["EventId"], page["Events"][0]["EventId"])
