import hashlib, numpy as np, io, base64
from PIL import Image
def make(w,h,c):
    y,x,k=np.mgrid[0:h,0:w,0:c]
    a=((x*37+y*91+k*53+x*y*7+(x*x*y)%11*13)%256).astype(np.uint8)
    return Image.fromarray(a[:,:,0] if c==1 else a)
F={'Bilinear':Image.BILINEAR,'Bicubic':Image.BICUBIC}
for f in F:
    for c in (1,3):
        for (w,h,nw,nh) in [(13,9,5,4),(7,5,16,11),(64,48,20,20),(28,28,32,32),(33,17,33,8),(17,33,8,33),(1,1,4,3),(5,1,2,2),(300,200,224,149),(40,30,1,1),(31,29,30,30)]:
            r=make(w,h,c).resize((nw,nh),F[f]).tobytes()
            print(f'    [InlineData(Interpolation.{f}, {c}, {w}, {h}, {nw}, {nh}, "{hashlib.sha256(r).hexdigest()[:16]}")]')
for f in F:
    print(f, make(13,9,1).resize((5,4),F[f]).tobytes().hex())
print('L', hashlib.sha256(make(31,29,3).convert('L').tobytes()).hexdigest()[:16])
im=make(37,23,3)
def smooth(w,h):
    y,x=np.mgrid[0:h,0:w]; return np.stack([x*6%256,y*10%256,(x+y)*4%256],-1).astype(np.uint8)
for prog in (0,1):
  b=io.BytesIO(); Image.fromarray(smooth(37,23)).save(b,'JPEG',quality=80,progressive=bool(prog)); d=b.getvalue()
  print('jpeg',prog,len(d),hashlib.sha256(Image.open(io.BytesIO(d)).tobytes()).hexdigest()[:16]); print(base64.b64encode(d).decode())
b=io.BytesIO(); Image.fromarray(smooth(16,16)[:,:,0]).save(b,'JPEG',quality=80); d=b.getvalue()
print('jpeg grey',len(d),hashlib.sha256(Image.open(io.BytesIO(d)).tobytes()).hexdigest()[:16]); print(base64.b64encode(d).decode())
b=io.BytesIO(); Image.fromarray(smooth(16,16)).convert('CMYK').save(b,'JPEG',quality=90); d=b.getvalue()
print('jpeg cmyk',len(d),Image.open(io.BytesIO(d)).mode, Image.open(io.BytesIO(d)).convert('RGB').tobytes()[:30].hex()); print(base64.b64encode(d).decode())
