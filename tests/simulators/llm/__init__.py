"""A simulator of language model services: Gemini, OpenAI (Chat Completions, Responses), Anthropic, compatible servers."""
