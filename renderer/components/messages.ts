import type { ErrorAction } from '../../contract/errors.ts'

export const messages = {
  back: 'Back',
  close: 'Close',
  cancel: 'Cancel',
  more: 'More',
  loading: 'Loading …',
  noMatches: 'Nothing found',
  practice: 'Practice',
  sandbox: 'Sandbox',
  required: 'required',
  chooseOne: 'Choose',
  showOptions: 'Show options',
  show: 'Show',
  showCheck: (text: string) => `Show: ${text}`,
  checkStates: { met: 'met', open: 'open', advice: 'advice' },
  /** Buttons for what an error offers. */
  actions: {
    none: '',
    retry: 'Try again',
    'sign-in': 'Paste a new token',
    'edit-address': 'Change address',
    'new-draft': 'Start a new draft',
    'read-again': 'Read it again',
    'leave-out': 'Leave it out',
    'upload-anyway': 'Upload what fits',
  } satisfies Record<ErrorAction, string>,
} as const
