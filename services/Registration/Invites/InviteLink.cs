using QRCoder;

namespace Registration.Invites;

/// <summary>The link of an invite: the code stands in the fragment, which browsers send to nobody, so that no log has it.</summary>
internal static class InviteLink
{
    public static string Of(Uri page, string code, string? userName) =>
        $"{page.AbsoluteUri}#code={code}{(userName is null ? "" : $"&name={Uri.EscapeDataString(userName)}")}";

    /// <summary>The link as a QR code: rows of squares, true where dark, with the quiet edge that readers need.</summary>
    public static IReadOnlyList<IReadOnlyList<bool>> Squares(string link)
    {
        using var code = QRCodeGenerator.GenerateQrCode(link, QRCodeGenerator.ECCLevel.M);
        return [.. code.ModuleMatrix.Select(row => row.Cast<bool>().ToArray())];
    }
}
