const texts = {
  Unreachable: { zh: '无法连接到服务器，请检查网络后重试', en: 'The service could not be reached: check the network and try again' },
  BadRequest: { zh: '请求参数错误', en: 'Bad request' },
  TooShort: { zh: '至少 {limit} 个字符', en: 'must have at least {limit} characters' },
  TooLong: { zh: '最多 {limit} 个字符', en: 'must have at most {limit} characters' },
  Text: { zh: '包含非法字符', en: 'contains a character that is not allowed' }
}

export type TextKey = keyof typeof texts

/** What the client itself has to say, as the service would: in Chinese, or English where that is preferred. */
export function textOf (key: TextKey, language: string | undefined, limit?: number): string {
  return texts[key][/^\s*en\b/i.test(language ?? '') ? 'en' : 'zh'].replace('{limit}', String(limit))
}
