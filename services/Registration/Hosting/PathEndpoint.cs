namespace Registration.Hosting;

/// <summary>What one path answers, by method.</summary>
internal sealed record PathEndpoint(RequestDelegate? Get = null, RequestDelegate? Post = null, RequestDelegate? Options = null)
{
    public string Allow => string.Join(", ", new[]
    {
        Get is null ? null : "GET, HEAD",
        Post is null ? null : "POST",
        Options is null ? null : "OPTIONS",
    }.OfType<string>());

    public RequestDelegate? For(string method) => method switch
    {
        "GET" or "HEAD" => Get,
        "POST" => Post,
        "OPTIONS" => Options,
        _ => null,
    };
}
