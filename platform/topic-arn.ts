/**
 * The name of a topic of Amazon SNS, `arn:aws:sns:eu-west-1:123456789012:mails`; its partition and region are
 * the groups.
 */
export const TOPIC_ARN = /^arn:(aws[a-z-]*):sns:([a-z\d-]{3,30}):\d{12}:[\w-]{1,256}$/
