import type { Exchange } from './replay.ts'

/** Operations of the recordings that the practice repository does not have yet. Neither sent nor counted. */
const NOT_YET: readonly string[] = [
  'acceptARequest', 'acceptInvitation', 'addGroupMembers', 'addRecordCommunities', 'cancelARequest', 'commentReplies',
  'communityRequests', 'createACommunity', 'createFeaturedCommunityEntry', 'createOaipmhSet', 'createUpdateAReviewRequest',
  'declineARequest', 'declineInvitation', 'deleteAComment', 'deleteAReviewRequest', 'deleteCommunity', 'deleteCommunityLogo',
  'deleteFeaturedEntry', 'deleteOaipmhSet', 'deleteRecordCommunity', 'deleteRequest', 'expireRequest', 'fileModification',
  'getAComment', 'getACommunity', 'getARequest', 'getAReviewRequest', 'getAuditLogEntry', 'getCommunityLogo',
  'getCommunityRecords', 'getFeaturedCommunityEntry', 'getGroupAvatar', 'getGroupById', 'getOaipmhMetadataFormats',
  'getOaipmhSetById', 'getRecordCommunities', 'getRequestTimeline', 'getStatistics', 'getUserAvatar',
  'inviteUserMembers', 'lockRequest', 'membershipRequests', 'membershipRequestsSearch', 'recordCommunities',
  'recordRequests', 'removeMembersLeaveCommunity', 'renameACommunity', 'requestReviewers', 'searchAuditLogs',
  'searchCommunities', 'searchFeaturedCommunities', 'searchGroups', 'searchInvitations', 'searchMembers', 'searchOaipmhSets',
  'searchPublicMembers', 'searchRequests', 'searchUserCommunities', 'searchUsers', 'submitACommentOnARequest',
  'submitARecordForReview', 'timelineFocused', 'unknownAction', 'unlockRequest', 'updateAComment', 'updateACommunity',
  'updateARequest', 'updateCommunityLogo', 'updateFeaturedEntry', 'updateInvitations', 'updateMembers',
  'updateMembershipRequests', 'updateOaipmhSet', 'userRequests',
] // prettier-ignore

/** Addresses of those operations: preparations that use them are skipped too. */
const NOT_YET_ADDRESSES =
  /^\/api\/(audit-logs|communities|groups|oaipmh|requests|stats|user\/(communities|requests))\b|^\/api\/users(\/[^/]+\/|$)|\/(draft\/review|draft\/actions\/submit-review|communities|requests|access\/request)(\/|$)/

export function exists(exchange: Exchange): boolean {
  if (exchange.operation !== undefined) return !NOT_YET.includes(exchange.operation)
  return !NOT_YET_ADDRESSES.test(exchange.path)
}

/** Cases in which the practice repository answers otherwise on purpose, as `operation · case`, and why. */
export const ON_PURPOSE: Readonly<Record<string, string>> = {
  'createADraftRecord · server error: location with an empty description':
    'A fault of the real server (500) for plain input: here a complaint about the field.',
  'createADraftRecord · server error: location with wrong coordinates':
    'A fault of the real server (500) for plain input: here a complaint about the field.',
  'createADraftRecord · server error: unknown subject id after a free one':
    'A fault of the real server (500) for plain input: here 400, as for every unknown vocabulary entry.',
  'reserveADoi · unsupported scheme': 'A fault of the real server (500): here 400.',
  'accessGrantsCreate · no body': 'A fault of the real server (500): here 400.',
  'getUserById · id not a number': 'A fault of the real server (500): here 404, as for every unknown user.',
  'getUserById · me': 'A fault of the real server (500): here 404, as for every unknown user.',
  'negotiateRecordExport · geojson':
    'A fault of the real server (500) where a place has no geometry: here it is left out.',
  'getUserRecords · soon after the writes':
    'The real index was a moment behind and listed one id twice; here lists are never behind.',
  'getUserRecords · q not parsable':
    'The first hit is another one: the real server ranks by relevance, this one by date.',
  'searchRecords · size 1, page 2':
    'The second hit is another one: the real server ranks by relevance, this one by date.',
  'searchAffiliations · sort newest': 'Another list of organisations: the first one has no other names.',
  'searchAffiliations · page 2': 'Another list of organisations: the second one has no other names.',
  'getUserRecords · mine': 'The first hit was in review, and there are no reviews here yet.',
}
