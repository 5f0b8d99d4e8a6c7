import PostalMime from 'postal-mime'
import type { ReportMail } from '../../domain/feedback/feedback.ts'

/** Takes a mail apart, however broken it is. */
export async function readReportMail(raw: string | Uint8Array): Promise<ReportMail> {
  const { from, subject, text, attachments, headers } = await PostalMime.parse(raw, {
    // The message that came back is a part like any other, and nothing of it is read as the report's.
    forceRfc822Attachments: true,
    attachmentEncoding: 'utf8',
  })
  return {
    from: `${from?.name ?? ''} <${from?.address ?? ''}>`,
    subject: subject ?? '',
    autoSubmitted: headers.find(({ key }) => key === 'auto-submitted')?.value ?? null,
    text: text ?? '',
    parts: attachments.map(({ mimeType, content }) => ({
      type: mimeType.toLowerCase(),
      text: typeof content === 'string' ? content : '',
    })),
  }
}
