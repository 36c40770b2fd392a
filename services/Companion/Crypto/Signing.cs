using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Companion.Crypto;

/// <summary>Signed JSON (Matrix specification, appendices, "Signing JSON").</summary>
internal static class Signing
{
    /// <summary>The bytes that are signed: keys in order, nothing between, without signatures and unsigned.</summary>
    public static string Canonical(JsonElement json, bool isTop = true) => json.ValueKind switch
    {
        JsonValueKind.Object => $"{{{string.Join(',', json.EnumerateObject()
            .Where(entry => !isTop || entry.Name is not ("signatures" or "unsigned"))
            .OrderBy(entry => entry.Name, StringComparer.Ordinal)
            .Select(entry => $"{Text(entry.Name)}:{Canonical(entry.Value, isTop: false)}"))}}}",
        JsonValueKind.Array => $"[{string.Join(',', json.EnumerateArray().Select(item => Canonical(item, isTop: false)))}]",
        JsonValueKind.String => Text(json.GetString()!),
        _ => json.GetRawText(),
    };

    public static string Canonical(JsonNode json) => Canonical(JsonSerializer.SerializeToElement(json));

    /// <summary>Whether a device signed this with its key.</summary>
    public static unsafe bool IsSigned(JsonElement json, string user, string device, string signingKey)
    {
        if (json.Text("signatures", user, $"ed25519:{device}") is not { } signature)
            return false;
        var memory = (nint)NativeMemory.AllocZeroed(Native.olm_utility_size());
        try
        {
            var (key, message, bytes) = (Encoding.UTF8.GetBytes(signingKey), Encoding.UTF8.GetBytes(Canonical(json)), Encoding.UTF8.GetBytes(signature));
            return Native.olm_ed25519_verify(Native.olm_utility(memory), key, (nuint)key.Length, message, (nuint)message.Length, bytes, (nuint)bytes.Length) == 0;
        }
        finally
        {
            NativeMemory.Free((void*)memory);
        }
    }

    // Only what JSON must escape is escaped: the relaxed encoder still writes some characters as \uXXXX.
    private static string Text(string text)
    {
        var result = new StringBuilder("\"");
        foreach (var c in text)
            result.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\b' => "\\b",
                '\f' => "\\f",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        return result.Append('"').ToString();
    }
}
