using System.Text;
using Registration.Invites;

namespace Registration.Page;

/// <summary>A QR code as a picture in the page itself: no other request, no style, and sharp at any size.</summary>
internal static class QrImage
{
    public static Html Of(string link)
    {
        var squares = InviteLink.Squares(link);
        var path = new StringBuilder();
        for (var row = 0; row < squares.Count; row++)
            for (var column = 0; column < squares[row].Count; column++)
                if (squares[row][column])
                {
                    var end = column;
                    while (end + 1 < squares[row].Count && squares[row][end + 1])
                        end++;
                    path.Append($"M{column} {row}h{end - column + 1}v1h-{end - column + 1}z");
                    column = end;
                }
        return Html.Of($"""
            <svg class="qr" viewBox="0 0 {squares.Count} {squares.Count}" role="img" aria-label="The link as a QR code" shape-rendering="crispEdges">
              <rect width="{squares.Count}" height="{squares.Count}" fill="#fff"/><path d="{path.ToString()}" fill="#000"/></svg>
            """);
    }
}
