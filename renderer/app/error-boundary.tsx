import { CircleX } from 'lucide-react'
import { Component, type ReactNode } from 'react'
import { Button } from '../components/button.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { messages } from './messages.ts'
import { navigate } from './view.ts'

/** A mistake in one screen leaves the others, and everything that runs in main, as they are. Give it the screen's key. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override render() {
    if (!this.state.failed) return this.props.children
    return (
      <div role="alert">
        <EmptyState
          icon={CircleX}
          title={messages.failed.title}
          action={
            <>
              <Button onPress={() => navigate({ kind: 'deposits' })}>{messages.failed.deposits}</Button>
              <Button tone="primary" onPress={() => this.setState({ failed: false })}>
                {messages.failed.again}
              </Button>
            </>
          }
        >
          {messages.failed.text}
        </EmptyState>
      </div>
    )
  }
}
